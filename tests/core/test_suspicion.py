"""What is done about an agent that is stuck or goes in circles, step by step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.records import (
    NOW,
    a_pulse,
    a_run,
    a_task,
    an_ended_run,
    facts,
    later,
    snapshot,
    view,
    worktree_facts,
)
from wtagents.core.ids import RunId, TaskName
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Phase, RunState, Stillness
from wtagents.core.task import Reason, TaskState, Wish
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.settle import Settlement, SettlePolicy, settle
from wtagents.core.tending.snapshot import Snapshot, TaskView
from wtagents.core.tending.suspicion import (
    NoteSuspicion,
    Respond,
    Response,
    Suspicion,
    SuspicionPolicy,
    plan_responses,
)

STUCK = a_pulse(
    phase=Phase.THINKING,
    question=None,
    at=NOW,
    still=Stillness(seconds=1000.0, idle_seconds=1000.0, process=""),
)
CIRCLES = a_pulse(phase=Phase.TOOL, question=None, at=NOW, repeats=7, repeated="Bash: pytest")
AWAKE = 50_000.0
FINE = a_pulse(phase=Phase.TOOL, question=None, at=NOW)


def at_work(number: int, pulse: Any, known: Suspicion | None = None, **task: Any) -> TaskView:
    silence = pulse.still.seconds if pulse.still else 1.0
    seen = view(
        a_task(id=number, name=TaskName(f"t{number}"), state=TaskState.ACTIVE, **task),
        run=a_run(id=run_id(number), task_id=number, state=RunState.RUNNING),
        run_facts=facts(pulse=pulse, heartbeat_age=0.5, activity_age=silence),
    )
    return replace(seen, suspicion=known)


def awake(*views: TaskView) -> Snapshot:
    return replace(snapshot(*views), awake=AWAKE)


def run_id(number: int) -> RunId:
    return RunId(f"00000000-0000-4000-8000-{number:012d}")


def suspected(
    liveness: Liveness,
    passed: float,
    response: Response | None = None,
    number: int = 1,
) -> Suspicion:
    """One whose last step was so many seconds ago, awake; by the wall clock it is of tomorrow."""
    return Suspicion(
        run_id=run_id(number),
        liveness=liveness,
        since=later(86400),
        response=response,
        awake=AWAKE - passed,
    )


def steps(*views: TaskView, furthest: Response = Response.RESTART) -> list[Any]:
    policy = SuspicionPolicy(furthest=furthest)
    return [
        action.response if isinstance(action, Respond) else action.liveness
        for action in plan_responses(awake(*views), policy, NOW)
    ]


def test_one_look_is_only_remembered() -> None:
    assert list(plan_responses(awake(at_work(1, STUCK)), SuspicionPolicy(), NOW)) == [
        NoteSuspicion(run_id=run_id(1), liveness=Liveness.STUCK)
    ]
    for seconds, done in ((29, []), (30, [Response.NOTIFY])):
        known = suspected(Liveness.STUCK, seconds)
        assert steps(at_work(1, STUCK, known)) == done


def test_what_was_nothing_is_forgotten_and_another_suspicion_begins_anew() -> None:
    known = suspected(Liveness.STUCK, 600, Response.NOTIFY)
    assert steps(at_work(1, FINE, known)) == [None]
    assert steps(at_work(1, CIRCLES, known)) == [Liveness.LOOPING]
    assert steps(at_work(1, FINE)) == []


@pytest.mark.parametrize(
    ("liveness", "pulse", "ladder"),
    [
        (Liveness.LOOPING, CIRCLES, [Response.NOTIFY, Response.NUDGE, Response.INTERRUPT]),
        (Liveness.STUCK, STUCK, [Response.NOTIFY, Response.INTERRUPT]),
    ],
)
@pytest.mark.parametrize("end", [Response.STOP, Response.RESTART])
def test_each_step_gets_time_to_help(
    liveness: Liveness, pulse: Any, ladder: list[Response], end: Response
) -> None:
    ladder = [*ladder, end]
    taken: Response | None = None
    for following in ladder[1:]:
        taken = ladder[ladder.index(following) - 1]
        early = suspected(liveness, 299, taken)
        assert steps(at_work(1, pulse, early), furthest=end) == []
        late = suspected(liveness, 300, taken)
        assert steps(at_work(1, pulse, late), furthest=end) == [following]
        assert steps(at_work(1, pulse, late), furthest=taken) == []
    last = suspected(liveness, 9000, end)
    assert steps(at_work(1, pulse, last), furthest=end) == []


def test_one_that_is_given_up_stays_so_and_a_setting_that_changed_is_no_second_end() -> None:
    stopped = suspected(Liveness.STUCK, 9000, Response.STOP)
    assert steps(at_work(1, FINE, stopped)) == []
    assert steps(at_work(1, STUCK, stopped), furthest=Response.RESTART) == []
    begun_anew = suspected(Liveness.STUCK, 9000, Response.RESTART)
    assert steps(at_work(1, STUCK, begun_anew), furthest=Response.STOP) == []


def test_when_most_look_stuck_it_is_not_them() -> None:
    known = [suspected(Liveness.STUCK, 9000, Response.NOTIFY, number) for number in (1, 2, 3)]
    two, three = (at_work(number, STUCK, known[number - 1]) for number in (1, 2)), at_work(3, FINE)
    assert steps(*two, three) == []
    assert steps(at_work(1, STUCK, known[0]), at_work(2, FINE), three) == [Response.INTERRUPT]


def test_who_looks_at_one_task_alone_leaves_it_to_the_next_whole_tick() -> None:
    known = suspected(Liveness.STUCK, 9000, Response.NOTIFY)
    part = replace(awake(at_work(1, STUCK, known)), is_whole=False)
    policy = SuspicionPolicy(furthest=Response.RESTART)
    assert list(plan_responses(part, policy, NOW)) == []


def test_a_person_who_stops_it_comes_first() -> None:
    assert steps(at_work(1, STUCK, wish=Wish.STOP)) == []


@pytest.mark.parametrize("end", [ExitReason.STOPPED, ExitReason.LOST, ExitReason.INTERRUPTED])
@pytest.mark.parametrize(
    ("liveness", "why"),
    [
        (Liveness.STUCK, "stopped, for it did not go on"),
        (Liveness.LOOPING, "stopped, for it went in circles"),
    ],
)
def test_one_that_was_given_up_is_parked_however_its_run_ended(
    end: ExitReason, liveness: Liveness, why: str
) -> None:
    active = a_task(state=TaskState.ACTIVE)
    suspicion = suspected(liveness, 0, Response.STOP)
    ended = replace(view(active, run=an_ended_run(end)), suspicion=suspicion, paused=True)
    parked = Settlement(to=TaskState.FAILED, reason=Reason.STUCK, detail=why)
    assert settle(ended, SettlePolicy(), NOW) == parked
    cured = view(active, run=an_ended_run(), worktree=worktree_facts())
    assert settle(replace(cured, suspicion=suspicion), SettlePolicy(), NOW) == Settlement(
        to=TaskState.READY
    )
