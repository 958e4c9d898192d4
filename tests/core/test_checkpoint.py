"""When a checkpoint is due, which ones are kept, and which one is meant."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import START
from tests.support.records import NOW, a_pulse, a_run, an_exit, facts
from tests.support.records import view as a_view
from wtagents.core.errors import NotFoundError, UsageError
from wtagents.core.ids import BranchName, Oid
from wtagents.core.keeping.checkpoint import (
    Cause,
    Checkpoint,
    Moment,
    choose_checkpoint,
    due_cause,
    moment_of,
    surplus,
)
from wtagents.core.record import replace
from wtagents.core.run import Phase, RunState, Usage
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.suspicion import Suspicion

if TYPE_CHECKING:
    from wtagents.core.tending.snapshot import TaskView

OID = Oid("1" * 40)


def a_checkpoint(number: int, minutes_ago: float, cause: Cause = Cause.TIME) -> Checkpoint:
    return Checkpoint(
        number=number,
        commit=OID,
        tree=OID,
        head=OID,
        branch=BranchName("wta/fix"),
        at=START - timedelta(minutes=minutes_ago),
        cause=cause,
        run=1,
        turn=1,
        message="",
        left_out=(),
    )


SUSPICION = Suspicion(
    run_id=a_run().id, liveness=Liveness.LOOPING, since=NOW, response=None, awake=0.0
)


def numbers(checkpoints: tuple[Checkpoint, ...]) -> list[int]:
    return [each.number for each in checkpoints]


def view(phase: Phase = Phase.TOOL, turns: int = 1, *, live: bool = True) -> TaskView:
    state = RunState.RUNNING if live else RunState.EXITED
    end = None if live else an_exit(usage=Usage(turns=turns))
    pulse = a_pulse(phase=phase, usage=Usage(turns=turns))
    return a_view(run=a_run(state=state, exit=end), run_facts=facts(pulse=pulse) if live else None)


def test_a_checkpoint_is_due_at_turns_at_the_end_and_from_time_to_time() -> None:
    def cause(seen: TaskView, last: Moment | None, at: float) -> Cause | None:
        return due_cause(seen, last, moment_of(seen, at=at), every=300)

    begun = Moment(run=1, turn=1, live=True, at=0)
    assert cause(view(), None, 0) is Cause.TIME
    assert cause(view(), begun, 299) is None
    assert cause(view(), begun, 300) is Cause.TIME
    assert cause(view(Phase.IDLE, 1), begun, 1) is None
    assert cause(view(Phase.TOOL, 2), begun, 1) is None
    assert cause(view(Phase.IDLE, 2), begun, 1) is Cause.TURN
    assert cause(view(live=False), begun, 1) is Cause.RUN
    doubted = replace(view(), suspicion=SUSPICION)
    assert [cause(doubted, begun, at) for at in (59, 60)] == [None, Cause.TIME]
    ended = Moment(run=1, turn=1, live=False, at=1)
    assert moment_of(view(live=False), at=1) == ended
    assert cause(view(live=False), ended, 2) is None
    assert cause(view(live=False), None, 2) is Cause.RUN


def test_the_last_hour_is_kept_whole_and_the_rest_is_thinned() -> None:
    # START is 03:04:05: hours began 64, 124 and 184 minutes before it, days 184, 1624 and 3064.
    minutes = [3000, 2900, 1700, 1650, 1500, 130, 126, 125, 121, 70, 65, 59, 30, 1, 0]
    kept = [a_checkpoint(number, ago) for number, ago in enumerate(minutes, 1)]
    assert numbers(surplus(kept, START, most=100)) == [1, 2, 3, 6, 7, 9, 10]
    assert surplus(kept[:1], START, most=1) == ()


def test_above_the_most_the_closest_go_first() -> None:
    kept = [a_checkpoint(number, ago) for number, ago in enumerate((50, 30, 29, 15, 1, 0), 1)]
    assert numbers(surplus(kept, START, most=5)) == [3]
    assert numbers(surplus(kept, START, most=2)) == [2, 3, 4, 5]
    assert numbers(surplus(kept, START, most=1)) == [1, 2, 3, 4, 5]


def test_a_checkpoint_is_meant_by_number_by_time_or_by_nothing() -> None:
    known = [a_checkpoint(4, 20), a_checkpoint(7, 10), a_checkpoint(8, 1, Cause.RESTORE)]

    def chosen(wanted: str) -> int:
        return choose_checkpoint(known, wanted, START, task="fix").number

    assert [chosen(each) for each in ("", "8", "04", "5m", "10m", "15m")] == [7, 8, 4, 7, 7, 4]
    only = choose_checkpoint(known[2:], "", START, task="fix")
    assert only.number == 8
    for wanted, error in (("5", NotFoundError), ("1h", NotFoundError), ("-1", UsageError)):
        with pytest.raises(error):
            chosen(wanted)
    with pytest.raises(NotFoundError):
        choose_checkpoint([], "", NOW, task="fix")
