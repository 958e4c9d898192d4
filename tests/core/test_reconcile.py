from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.records import (
    NOW,
    RUN_ID,
    RUNNER,
    a_merge,
    a_message,
    a_pulse,
    a_run,
    a_task,
    an_ended_run,
    an_exit,
    facts,
    later,
    snapshot,
    view,
    worktree_facts,
)
from wtagents.core.ids import RunId, TaskName
from wtagents.core.landing.merge import MergeState
from wtagents.core.message import MessageKind, Taken
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Purpose, RunState
from wtagents.core.task import Reason, TaskState, Wish
from wtagents.core.tending.admission import AdmissionPolicy
from wtagents.core.tending.limit import AccountLimit, spread
from wtagents.core.tending.reconcile import (
    Action,
    BeginRun,
    DropMessage,
    LaunchRunner,
    NoteExit,
    NoteLimit,
    NoteLost,
    NoteRunning,
    NoteTaken,
    Policy,
    PostMessage,
    RequestMerge,
    SettleTask,
    StopFirmly,
    StopRun,
    plan,
)
from wtagents.core.tending.scale import Scale
from wtagents.core.tending.settle import Settlement, SettlePolicy
from wtagents.core.tending.snapshot import Surroundings, TaskView

POLICY = Policy(
    admission=AdmissionPolicy(scale=Scale(most=2)),
    settle=SettlePolicy(first_pause=timedelta(seconds=10)),
)
ACTIVE = a_task(state=TaskState.ACTIVE)
STOPPED = Settlement(to=TaskState.STOPPED, reason=Reason.STOPPED_BY_PERSON)


def planned(*views: TaskView, live_runs: int | None = None) -> tuple[Action, ...]:
    return plan(snapshot(*views, live_runs=live_runs), POLICY, NOW)


def begun(
    purpose: Purpose = Purpose.WORK, *, task_id: int = 1, after: RunId | None = None
) -> BeginRun:
    return BeginRun(task_id=task_id, purpose=purpose, after=after)


def settled(
    settlement: Settlement,
    *,
    expected: TaskState,
    wish: Wish = Wish.WORK,
    after: RunId | None = RUN_ID,
) -> SettleTask:
    return SettleTask(task_id=1, expected=expected, wish=wish, after=after, settlement=settlement)


def test_a_queued_task_begins() -> None:
    assert planned(view()) == (begun(),)


def test_a_queued_task_waits_for_its_time() -> None:
    waiting = a_task(not_before=later(1))

    assert planned(view(waiting)) == ()
    assert plan(snapshot(view(waiting)), POLICY, later(1)) == (begun(),)


def test_a_half_made_task_is_taken_up_again() -> None:
    assert planned(view(a_task(state=TaskState.PREPARING))) == (begun(),)


def test_admission_counts_the_runs_that_live_and_those_it_begins() -> None:
    views = [view(a_task(id=number, name=TaskName(f"t{number}"))) for number in range(1, 5)]

    assert planned(*views, live_runs=0) == (
        begun(),
        begun(task_id=2),
    )
    assert planned(*views, live_runs=2) == ()


def test_an_interrupted_task_goes_on_where_it_was() -> None:
    assert planned(view(run=an_ended_run())) == (begun(Purpose.CONTINUE, after=RUN_ID),)


def test_an_interrupted_task_goes_on_with_what_was_said() -> None:
    assert planned(view(run=an_ended_run(), messages=(a_message(),))) == (begun(after=RUN_ID),)


def test_a_run_at_work_needs_nothing() -> None:
    assert planned(view(ACTIVE, run=a_run(), run_facts=facts())) == ()


def test_a_claimed_run_is_noted_as_running() -> None:
    starting = a_run(state=RunState.STARTING, runner=None)

    assert planned(view(ACTIVE, run=starting, run_facts=facts())) == (
        NoteRunning(run_id=RUN_ID, runner=RUNNER),
    )


def test_an_unclaimed_run_gets_another_runner_after_a_grace() -> None:
    nobody = facts(claim=None, runner_alive=False)
    young = a_run(state=RunState.STARTING, created_at=later(-4))
    old = a_run(state=RunState.STARTING, created_at=later(-5))

    assert planned(view(ACTIVE, run=young, run_facts=nobody)) == ()
    assert planned(view(ACTIVE, run=old, run_facts=nobody)) == (LaunchRunner(run_id=RUN_ID),)


def test_an_exit_record_is_noted_even_if_the_runner_still_lives() -> None:
    end = an_exit()

    assert planned(view(ACTIVE, run=a_run(), run_facts=facts(exit=end))) == (
        NoteExit(run_id=RUN_ID, exit=end),
    )


def test_a_dead_runner_without_an_exit_record_is_lost() -> None:
    assert planned(view(ACTIVE, run=a_run(), run_facts=facts(runner_alive=False))) == (
        NoteLost(run_ids=(RUN_ID,)),
    )


def test_dead_runners_are_lost_together() -> None:
    others = RunId(RUN_ID.replace("1", "2")), RunId(RUN_ID.replace("1", "3"))
    views = [
        view(
            a_task(id=number, name=TaskName(f"t{number}"), state=TaskState.ACTIVE),
            run=a_run(id=run_id, task_id=number),
            run_facts=facts(runner_alive=run_id is others[0]),
        )
        for number, run_id in enumerate((RUN_ID, *others), 1)
    ]

    assert planned(*views) == (NoteLost(run_ids=(RUN_ID, others[1])),)


def test_a_run_that_no_runner_can_claim_is_lost() -> None:
    barred = facts(claim=None, barred=True, runner_alive=False)

    assert planned(view(ACTIVE, run=a_run(state=RunState.STARTING), run_facts=barred)) == (
        NoteLost(run_ids=(RUN_ID,)),
    )


@pytest.mark.parametrize("wish", [Wish.STOP, Wish.CANCEL])
def test_a_stop_is_polite_first_and_said_once(wish: Wish) -> None:
    task = a_task(state=TaskState.ACTIVE, wish=wish)
    stopping = a_run(state=RunState.STOPPING, stop_deadline=later(10))

    assert planned(view(task, run=a_run(), run_facts=facts())) == (StopRun(run_id=RUN_ID),)
    assert planned(view(task, run=stopping, run_facts=facts(told_to_stop=True))) == ()


def test_a_stop_that_was_recorded_and_never_said_is_said() -> None:
    task = a_task(state=TaskState.ACTIVE, wish=Wish.WORK)
    stopping = a_run(state=RunState.STOPPING, stop_deadline=later(10))

    assert planned(view(task, run=stopping, run_facts=facts())) == (StopRun(run_id=RUN_ID),)


@pytest.mark.parametrize("lives", [True, False])
def test_a_stop_becomes_firm_after_the_deadline_of_the_runner(*, lives: bool) -> None:
    task = a_task(state=TaskState.ACTIVE, wish=Wish.STOP)
    overdue = a_run(state=RunState.STOPPING, stop_deadline=later(-5))

    assert planned(view(task, run=overdue, run_facts=facts(runner_alive=lives))) == (
        StopFirmly(run_ids=(RUN_ID,)),
    )


def test_runners_that_hang_are_stopped_together() -> None:
    ids = [RunId(RUN_ID.replace("1", str(number))) for number in range(1, 4)]
    views = [
        view(
            a_task(id=number, name=TaskName(f"t{number}"), state=TaskState.ACTIVE, wish=Wish.STOP),
            run=a_run(id=run_id, task_id=number, state=RunState.STOPPING, stop_deadline=later(-5)),
            run_facts=facts(),
        )
        for number, run_id in enumerate(ids, 1)
    ]

    assert planned(*views) == (StopFirmly(run_ids=tuple(ids)),)


def test_an_unclaimed_run_that_nobody_wants_is_forbidden() -> None:
    task = a_task(state=TaskState.ACTIVE, wish=Wish.STOP)
    nobody = facts(claim=None, runner_alive=False)

    assert planned(view(task, run=a_run(state=RunState.STARTING), run_facts=nobody)) == (
        StopFirmly(run_ids=(RUN_ID,)),
    )


def test_a_message_is_posted_once_and_its_fate_noted() -> None:
    message = a_message()
    taken = Taken(message_id=1, delivered=True, reason="", at=NOW)

    fresh = view(ACTIVE, run=a_run(), run_facts=facts(), messages=(message,))
    posted = view(ACTIVE, run=a_run(), run_facts=facts(posted=frozenset({1})), messages=(message,))
    done = view(
        ACTIVE,
        run=a_run(),
        run_facts=facts(posted=frozenset({1}), taken=(taken,)),
        messages=(message,),
    )

    assert planned(fresh) == (PostMessage(run_id=RUN_ID, message_id=1),)
    assert planned(posted) == ()
    assert planned(done) == (NoteTaken(run_id=RUN_ID, taken=taken),)


def test_words_that_a_run_could_not_take_are_kept_for_the_next_one() -> None:
    refused = Taken(message_id=1, delivered=False, reason="it takes none", at=NOW)
    seen = facts(posted=frozenset({1}), taken=(refused,))

    kept = view(ACTIVE, run=a_run(), run_facts=seen, messages=(a_message(),))
    answer = a_message(kind=MessageKind.ANSWER)
    dropped = view(ACTIVE, run=a_run(), run_facts=seen, messages=(answer,))

    assert planned(kept) == ()
    assert planned(dropped) == (NoteTaken(run_id=RUN_ID, taken=refused),)


def test_an_answer_does_not_outlive_its_run() -> None:
    late = view(
        a_task(state=TaskState.STOPPED, wish=Wish.STOP),
        run=an_ended_run(),
        messages=(a_message(kind=MessageKind.ANSWER),),
    )

    assert planned(late) == (DropMessage(message_id=1, reason="the run had ended"),)


def test_words_wake_a_task_that_rests() -> None:
    for state in (TaskState.READY, TaskState.FAILED, TaskState.STOPPED):
        asleep = view(a_task(state=state), run=an_ended_run(), messages=(a_message(),))
        assert planned(asleep) == (
            settled(Settlement(to=TaskState.QUEUED, forgive=True), expected=state),
        )


def test_words_do_not_begin_for_ever_what_cannot_be_begun() -> None:
    failed = a_task(state=TaskState.FAILED, reason=Reason.NOT_STARTED, changed_at=later(1))
    for run in (None, an_ended_run()):
        tried = view(failed, run=run, messages=(a_message(),))
        assert planned(tried) == ()
        anew = view(failed, run=run, messages=(a_message(created_at=later(1)),))
        assert [type(action) for action in planned(anew)] == [SettleTask]


def test_words_that_a_failed_run_left_unheard_do_not_begin_the_next_one() -> None:
    for reason in (ExitReason.AUTHENTICATION, ExitReason.SETUP_FAILED, ExitReason.LOST):
        failed = a_task(state=TaskState.FAILED)
        old = view(failed, run=an_ended_run(reason), messages=(a_message(),))
        new = view(failed, run=an_ended_run(reason), messages=(a_message(created_at=later(1)),))
        assert planned(old) == ()
        assert planned(new) == (
            settled(Settlement(to=TaskState.QUEUED, forgive=True), expected=TaskState.FAILED),
        )


def test_what_nobody_heard_does_not_wake_a_task_that_was_given_up() -> None:
    parked = a_task(state=TaskState.FAILED, reason=Reason.STUCK)
    end = an_ended_run(ExitReason.STOPPED)
    assert planned(view(parked, run=end, messages=(a_message(),))) == ()
    assert planned(view(parked, run=end, messages=(a_message(created_at=later(1)),))) == (
        settled(Settlement(to=TaskState.QUEUED, forgive=True), expected=TaskState.FAILED),
    )


def test_an_ended_run_is_judged() -> None:
    ended = view(ACTIVE, run=an_ended_run(), worktree=worktree_facts())

    assert planned(ended) == (settled(Settlement(to=TaskState.READY), expected=TaskState.ACTIVE),)


def test_uncommitted_work_begins_a_run_that_commits_it() -> None:
    ended = view(ACTIVE, run=an_ended_run(), worktree=worktree_facts(uncommitted=1))

    assert planned(ended) == (begun(Purpose.COMMIT, after=RUN_ID),)


def test_a_cancelled_task_that_rests_is_given_up() -> None:
    for state in (TaskState.QUEUED, TaskState.READY, TaskState.FAILED, TaskState.STOPPED):
        assert planned(view(a_task(state=state, wish=Wish.CANCEL))) == (
            settled(
                Settlement(to=TaskState.CANCELLED), expected=state, wish=Wish.CANCEL, after=None
            ),
        )


def test_a_stop_before_the_first_run_rests_at_once() -> None:
    assert planned(view(a_task(wish=Wish.STOP))) == (
        settled(STOPPED, expected=TaskState.QUEUED, wish=Wish.STOP, after=None),
    )


def test_merge_when_ready_asks_once_per_result() -> None:
    ready = a_task(state=TaskState.READY, merge_when_ready=True)
    rejected = a_merge(state=MergeState.REJECTED, created_at=later(10))
    newer_run = an_ended_run()

    assert planned(view(ready, run=newer_run)) == (RequestMerge(task_id=1),)
    assert planned(view(ready, run=newer_run, merge=a_merge())) == ()
    assert planned(view(ready, run=newer_run, merge=rejected)) == ()
    assert planned(
        view(ready, run=newer_run, merge=a_merge(state=MergeState.REJECTED, created_at=later(-10)))
    ) == (RequestMerge(task_id=1),)


def test_ended_tasks_need_nothing() -> None:
    for state in (TaskState.MERGED, TaskState.CANCELLED):
        assert planned(view(a_task(state=state), run=an_ended_run())) == ()


def test_a_limit_that_one_run_met_holds_all_of_the_account_back() -> None:
    met = an_ended_run(ExitReason.RATE_LIMITED, retry_at=later(600), detail="5-hour limit")
    ended = view(ACTIVE, run=replace(met, account="a"), account="a")
    same = view(a_task(id=2, name=TaskName("b")), account="a")
    other = view(a_task(id=3, name=TaskName("c")), account="other")
    limit = AccountLimit(account="a", until=later(600), detail="5-hour limit", seen_at=NOW)

    first, *rest = planned(ended, same, other, live_runs=0)

    assert first == NoteLimit(limit=limit)
    assert [type(each) for each in rest] == [SettleTask, BeginRun]
    assert rest[1] == begun(task_id=3)


def test_a_known_limit_ends_a_little_later_for_each_task() -> None:
    limit = AccountLimit(account="a", until=later(600), detail="", seen_at=NOW)
    waiting = view(a_task(), account="a")
    known = replace(snapshot(waiting, live_runs=0), around=Surroundings(limits=(limit,)))
    start = later(600) + spread(timedelta(seconds=600), key=1)

    assert later(600) < start < later(630)
    assert plan(known, POLICY, start - timedelta(microseconds=1)) == ()
    assert plan(known, POLICY, start) == (begun(),)


def test_the_limit_of_a_run_that_goes_on_is_noted_and_the_run_left_alone() -> None:
    pulse = a_pulse(limited_until=later(600))
    live = view(ACTIVE, run=a_run(account="a"), run_facts=facts(pulse=pulse), account="a")
    limit = AccountLimit(account="a", until=later(600), detail="", seen_at=NOW)

    assert planned(live) == (NoteLimit(limit=limit),)
    assert plan(replace(snapshot(live), around=Surroundings(limits=(limit,))), POLICY, NOW) == ()
