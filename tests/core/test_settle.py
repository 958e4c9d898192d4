from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.records import (
    NOW,
    RUN_ID,
    a_message,
    a_task,
    an_ended_run,
    later,
    view,
    worktree_facts,
)
from wtagents.core.ids import BranchName
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Purpose, Usage
from wtagents.core.task import AgentKind, AgentSpec, Reason, TaskState, Wish
from wtagents.core.tending.admission import new_limits
from wtagents.core.tending.check import Check, mended
from wtagents.core.tending.failure import Streak, fault_of, streak_of
from wtagents.core.tending.limit import spread
from wtagents.core.tending.settle import Settlement, SettlePolicy, settle
from wtagents.core.tending.snapshot import Snapshot

POLICY = SettlePolicy(retries=2, first_pause=timedelta(seconds=10), commit_request=True)
ACTIVE = a_task(state=TaskState.ACTIVE)


def test_commits_and_a_clean_worktree_make_a_task_ready() -> None:
    ended = view(ACTIVE, run=an_ended_run(), worktree=worktree_facts())

    assert settle(ended, POLICY, NOW) == Settlement(to=TaskState.READY)


def test_denied_tools_are_named_although_the_task_is_ready() -> None:
    ended = view(ACTIVE, run=an_ended_run(denials=("Bash: git push",)), worktree=worktree_facts())

    assert settle(ended, POLICY, NOW) == Settlement(
        to=TaskState.READY, detail="denied: Bash: git push"
    )


def test_success_without_a_commit_is_a_failure() -> None:
    ended = view(
        ACTIVE,
        run=an_ended_run(denials=("Bash: git commit",)),
        worktree=worktree_facts(commits=0),
    )

    assert settle(ended, POLICY, NOW) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.NO_COMMITS,
        detail="the agent made no commit; denied: Bash: git commit",
    )


def test_uncommitted_work_is_asked_for_once() -> None:
    dirty = worktree_facts(uncommitted=2)

    first = settle(view(ACTIVE, run=an_ended_run(), worktree=dirty), POLICY, NOW)
    asked = a_task(state=TaskState.ACTIVE, commit_asked=True)
    second = settle(view(asked, run=an_ended_run(), worktree=dirty), POLICY, NOW)

    assert first is Purpose.COMMIT
    assert second == Settlement(
        to=TaskState.FAILED, reason=Reason.UNCOMMITTED, detail="2 paths are not committed"
    )


def test_a_program_that_takes_no_messages_is_not_asked_to_commit() -> None:
    task = a_task(state=TaskState.ACTIVE, agent=AgentSpec(kind=AgentKind.COMMAND, argv=("true",)))

    settled = settle(
        view(task, run=an_ended_run(), worktree=worktree_facts(uncommitted=1)), POLICY, NOW
    )

    assert settled == Settlement(
        to=TaskState.FAILED, reason=Reason.UNCOMMITTED, detail="1 path is not committed"
    )


def test_a_worktree_on_another_branch_is_named() -> None:
    elsewhere = worktree_facts(branch=BranchName("main"))

    assert settle(view(ACTIVE, run=an_ended_run(), worktree=elsewhere), POLICY, NOW) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.WRONG_BRANCH,
        detail="HEAD of the worktree is branch main, not wta/fix-login",
    )


def test_a_detached_head_is_named_with_its_commit() -> None:
    settled = settle(
        view(ACTIVE, run=an_ended_run(), worktree=worktree_facts(branch=None)), POLICY, NOW
    )

    assert isinstance(settled, Settlement)
    assert settled.detail == "HEAD of the worktree is detached at 2222222222, not wta/fix-login"


def test_a_rebase_in_progress_is_not_ready() -> None:
    settled = settle(
        view(ACTIVE, run=an_ended_run(), worktree=worktree_facts(operation="rebase")), POLICY, NOW
    )

    assert settled == Settlement(
        to=TaskState.FAILED,
        reason=Reason.UNCOMMITTED,
        detail="a rebase is in progress in the worktree",
    )


def test_a_vanished_worktree_is_never_success() -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(), worktree=None), POLICY, NOW)

    assert isinstance(settled, Settlement)
    assert (settled.to, settled.reason) == (TaskState.FAILED, Reason.WORKTREE_LOST)


@pytest.mark.parametrize(
    ("attempts", "pause"), [(0, 10), (1, 40)], ids=["first failure", "second failure"]
)
def test_a_crash_is_tried_again_with_a_growing_pause(attempts: int, pause: float) -> None:
    task = a_task(state=TaskState.ACTIVE, attempts=attempts)
    run = an_ended_run(ExitReason.LOST, detail="the runner ended")

    assert settle(view(task, run=run), POLICY, NOW) == Settlement(
        to=TaskState.QUEUED,
        reason=Reason.LOST,
        detail="the runner ended",
        not_before=later(pause) + spread(timedelta(seconds=pause), RUN_ID),
        failed_attempt=True,
    )


def test_the_last_attempt_rests_as_failed() -> None:
    task = a_task(state=TaskState.ACTIVE, attempts=2)
    run = an_ended_run(ExitReason.AGENT_ERROR, detail="it crashed")

    assert settle(view(task, run=run), POLICY, NOW) == Settlement(
        to=TaskState.FAILED, reason=Reason.AGENT_ERROR, detail="it crashed (after 3 attempts)"
    )


def test_a_rate_limit_waits_for_its_end_and_costs_no_attempt() -> None:
    run = an_ended_run(ExitReason.RATE_LIMITED, detail="5-hour limit", retry_at=later(3600))

    assert settle(view(ACTIVE, run=run), POLICY, NOW) == Settlement(
        to=TaskState.QUEUED,
        reason=Reason.RATE_LIMITED,
        detail="5-hour limit",
        not_before=later(3600) + spread(timedelta(hours=1), key=1),
    )


def test_a_rate_limit_that_ended_while_nobody_looked_is_over() -> None:
    run = an_ended_run(ExitReason.RATE_LIMITED, retry_at=later(5))

    settled = settle(view(ACTIVE, run=run), POLICY, later(3600))

    assert isinstance(settled, Settlement)
    assert settled.not_before == later(5) + spread(timedelta(seconds=5), key=1)


def test_a_rate_limit_in_the_past_waits_all_the_same() -> None:
    run = an_ended_run(ExitReason.RATE_LIMITED, retry_at=later(-5))

    settled = settle(view(ACTIVE, run=run), POLICY, NOW)

    assert isinstance(settled, Settlement)
    assert settled.not_before == later(600) + spread(timedelta(minutes=10), key=1)


def test_the_account_waits_out_a_guess_and_no_clock_lengthens_it() -> None:
    run = an_ended_run(ExitReason.RATE_LIMITED)
    seen = replace(view(ACTIVE, run=run), account="a key")

    settled = settle(seen, POLICY, NOW)

    assert isinstance(settled, Settlement)
    assert (settled.reason, settled.not_before) == (Reason.RATE_LIMITED, None)
    [limit] = new_limits(Snapshot(views=(seen,), live_runs=0, at=NOW))
    assert [limit.holds(1, later(at)) for at in (0, 599, 631, -86400)] == [True, True, False, False]


@pytest.mark.parametrize(
    "reason",
    [
        ExitReason.AUTHENTICATION,
        ExitReason.MODEL_UNKNOWN,
        ExitReason.BAD_SETTINGS,
        ExitReason.PROMPT_TOO_LONG,
        ExitReason.SETUP_FAILED,
        ExitReason.NOT_STARTED,
        ExitReason.TIMED_OUT,
        ExitReason.BUDGET,
        ExitReason.MAX_TURNS,
    ],
)
def test_what_another_try_cannot_mend_rests_at_once(reason: ExitReason) -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(reason, detail="why")), POLICY, NOW)

    assert settled == Settlement(to=TaskState.FAILED, reason=Reason(reason.value), detail="why")


@pytest.mark.parametrize(
    ("runs", "pause"),
    [(1, 10), (2, 40), (3, 160), (9, 900)],
    ids=["first", "second", "third", "on"],
)
def test_the_surroundings_are_waited_out_and_no_attempt_is_counted(runs: int, pause: int) -> None:
    task = a_task(state=TaskState.ACTIVE, attempts=2)
    failed = view(task, run=an_ended_run(ExitReason.OVERLOADED, detail="529"))
    failed = replace(failed, streak=Streak(runs=runs))

    assert settle(failed, POLICY, NOW) == Settlement(
        to=TaskState.QUEUED,
        reason=Reason.API_ERROR,
        detail="529",
        not_before=later(pause) + spread(timedelta(seconds=pause), RUN_ID),
    )


def test_surroundings_that_never_recover_need_a_person() -> None:
    failed = view(ACTIVE, run=an_ended_run(ExitReason.API_ERROR, detail="no connection"))
    failed = replace(failed, streak=Streak(runs=97, waited=timedelta(hours=24)))

    assert settle(failed, POLICY, NOW) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.API_ERROR,
        detail="no connection (for 24 hours, 97 runs)",
    )


def test_a_machine_that_was_started_again_goes_on_at_once() -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(ExitReason.REBOOTED)), POLICY, NOW)

    assert settled == Settlement(to=TaskState.QUEUED, reason=Reason.LOST)


def test_a_streak_begins_with_the_last_answer() -> None:
    worked = an_ended_run(ExitReason.API_ERROR, usage=Usage(turns=3), at=later(10))
    barren = an_ended_run(ExitReason.OVERLOADED, at=later(20))
    fault = an_ended_run(ExitReason.AGENT_ERROR, at=later(5))

    assert streak_of([]) == Streak()
    assert streak_of([barren, fault]) == Streak()
    assert streak_of([barren, worked, barren]) == Streak(runs=2, waited=timedelta(seconds=10))
    assert streak_of([barren, fault, barren]) == Streak(runs=1)


def test_time_that_the_machine_slept_or_the_clock_jumped_is_no_waiting() -> None:
    ends = (0, 600, 600 + 86400, 1200, 1500)
    runs = [an_ended_run(ExitReason.OVERLOADED, at=later(each)) for each in ends]

    assert streak_of(runs) == Streak(runs=5, waited=timedelta(seconds=600 + 1800 + 300))


def test_every_failure_has_a_class() -> None:
    person = {ExitReason.STOPPED, ExitReason.INTERRUPTED, ExitReason.PAUSED}
    unclassed = {reason for reason in ExitReason if fault_of(reason) is None}
    assert unclassed == person | {ExitReason.COMPLETED, ExitReason.CONVERSATION_LOST}


def test_a_conversation_that_is_gone_is_begun_anew_at_once() -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(ExitReason.CONVERSATION_LOST)), POLICY, NOW)

    assert settled == Settlement(to=TaskState.QUEUED)


def test_a_stop_wins_over_everything_that_happened_meanwhile() -> None:
    task = a_task(state=TaskState.ACTIVE, wish=Wish.STOP)

    assert settle(
        view(task, run=an_ended_run(), worktree=worktree_facts()), POLICY, NOW
    ) == Settlement(to=TaskState.STOPPED, reason=Reason.STOPPED_BY_PERSON)


def test_words_that_came_too_late_begin_another_turn() -> None:
    ended = view(ACTIVE, run=an_ended_run(), worktree=worktree_facts(), messages=(a_message(),))

    assert settle(ended, POLICY, NOW) == Settlement(to=TaskState.QUEUED, forgive=True)


@pytest.mark.parametrize("reason", [ExitReason.STOPPED, ExitReason.PAUSED])
def test_a_stop_that_nobody_wishes_any_more_is_gone_on_from(reason: ExitReason) -> None:
    run = replace(an_ended_run(reason), stop_deadline=NOW)

    assert settle(view(ACTIVE, run=run), POLICY, NOW) == Settlement(to=TaskState.QUEUED)
    stopped = a_task(state=TaskState.ACTIVE, wish=Wish.STOP)
    assert settle(view(stopped, run=run), POLICY, NOW) == Settlement.stopped()


def test_an_end_that_nobody_of_wta_asked_for_is_tried_again() -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(ExitReason.STOPPED)), POLICY, NOW)

    assert settled == Settlement(
        to=TaskState.QUEUED,
        reason=Reason.LOST,
        detail="ended from outside, not by wta",
        not_before=later(10) + spread(timedelta(seconds=10), RUN_ID),
    )


def test_an_agent_that_the_kernel_killed_is_tried_again_uncounted_a_few_times() -> None:
    run = an_ended_run(ExitReason.OUT_OF_MEMORY, detail="no memory", usage=Usage(turns=9))
    killed = view(a_task(state=TaskState.ACTIVE, attempts=2), run=run)
    foreign = an_ended_run(ExitReason.STOPPED)
    fourth = replace(killed, streak=streak_of([run, foreign, run, run]))
    fifth = replace(killed, streak=streak_of([foreign, run, run, run, run]))

    assert fourth.streak == Streak(runs=1, kills=4)
    assert settle(fourth, POLICY, NOW) == Settlement(
        to=TaskState.QUEUED,
        reason=Reason.OUT_OF_MEMORY,
        detail="no memory",
        not_before=later(640) + spread(timedelta(seconds=640), RUN_ID),
    )
    assert settle(fifth, POLICY, NOW) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.OUT_OF_MEMORY,
        detail="no memory (5 times in a row)",
    )


def test_an_interrupted_turn_rests() -> None:
    settled = settle(view(ACTIVE, run=an_ended_run(ExitReason.INTERRUPTED)), POLICY, NOW)

    assert settled == Settlement.stopped()


RED = Check(command="npm test", passed=False, seconds=3.25, timed_out=False, log="l", tail="boom")


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_red_check_goes_back_into_the_conversation(rounds: int) -> None:
    ended = view(ACTIVE, run=an_ended_run(checks=(RED,)), worktree=worktree_facts())

    assert settle(replace(ended, mended=rounds), POLICY, NOW) is Purpose.MEND


def test_after_the_last_round_a_person_decides() -> None:
    ended = view(ACTIVE, run=an_ended_run(checks=(RED,)), worktree=worktree_facts())

    assert settle(replace(ended, mended=3), POLICY, NOW) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.CHECKS_RED,
        detail="the check 'npm test' failed after 3.2 s (after 3 rounds of mending)",
    )


def test_a_program_that_takes_no_messages_is_not_asked_to_mend() -> None:
    task = a_task(state=TaskState.ACTIVE, agent=AgentSpec(kind=AgentKind.COMMAND, argv=("true",)))
    slow = replace(RED, timed_out=True)

    assert settle(
        view(task, run=an_ended_run(checks=(slow,)), worktree=worktree_facts()), POLICY, NOW
    ) == Settlement(
        to=TaskState.FAILED,
        reason=Reason.CHECKS_RED,
        detail="the check 'npm test' took too long after 3.2 s",
    )


def test_uncommitted_work_is_asked_for_before_a_check_counts() -> None:
    dirty = worktree_facts(uncommitted=1)
    ended = view(ACTIVE, run=an_ended_run(checks=(RED,)), worktree=dirty)

    assert settle(ended, POLICY, NOW) is Purpose.COMMIT


def test_rounds_are_counted_back_to_the_last_run_that_a_person_began() -> None:
    work, mend = an_ended_run(), replace(an_ended_run(), purpose=Purpose.MEND)

    assert mended([]) == mended([mend, work]) == 0
    assert mended([mend, work, mend, mend]) == 2
