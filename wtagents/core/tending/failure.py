"""Classes of failure: whose fault the end of a run is decides what happens next.

agent          counted, tried again after a growing pause, parked after the last try
surroundings   not counted: the service, the network, the machine; waited out
settled        the next try would end alike: parked at once, with what a person can do
limit          a limit that a person set: parked at once
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import ExitReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.run import Run


LONGEST_GAP = timedelta(minutes=30)
"""What the time between two ends in a row counts at most: twice the longest pause before a try."""


class Fault(StrEnum):
    """Whose fault a failure is."""

    AGENT = "agent"
    SURROUNDINGS = "surroundings"
    SETTLED = "settled"
    LIMIT = "limit"


_CLASSES = {
    ExitReason.AGENT_ERROR: Fault.AGENT,
    ExitReason.LOST: Fault.AGENT,
    ExitReason.RATE_LIMITED: Fault.SURROUNDINGS,
    ExitReason.API_ERROR: Fault.SURROUNDINGS,
    ExitReason.OVERLOADED: Fault.SURROUNDINGS,
    ExitReason.REBOOTED: Fault.SURROUNDINGS,
    ExitReason.OUT_OF_MEMORY: Fault.SURROUNDINGS,
    ExitReason.KILLED: Fault.SURROUNDINGS,
    ExitReason.AUTHENTICATION: Fault.SETTLED,
    ExitReason.BILLING: Fault.SETTLED,
    ExitReason.MODEL_UNKNOWN: Fault.SETTLED,
    ExitReason.BAD_SETTINGS: Fault.SETTLED,
    ExitReason.PROMPT_TOO_LONG: Fault.SETTLED,
    ExitReason.SETUP_FAILED: Fault.SETTLED,
    ExitReason.NOT_STARTED: Fault.SETTLED,
    ExitReason.TIMED_OUT: Fault.LIMIT,
    ExitReason.BUDGET: Fault.LIMIT,
    ExitReason.MAX_TURNS: Fault.LIMIT,
}


_KILLS = frozenset({ExitReason.OUT_OF_MEMORY, ExitReason.KILLED})


def reason_of(run: Run) -> ExitReason | None:
    """Return why a run ended; None while it lives.

    A runner cannot know who asked it to stop: where nobody of wta did, it was somebody else.
    """
    if run.exit is None:
        return None
    foreign = run.exit.reason is ExitReason.STOPPED and run.stop_deadline is None
    return ExitReason.KILLED if foreign else run.exit.reason


def fault_of(reason: ExitReason) -> Fault | None:
    """Return whose fault an end is; None when nothing failed, or a person ended it."""
    return _CLASSES.get(reason)


@record
class Streak:
    """Runs in a row that the surroundings ended before the agent got an answer."""

    runs: int = 0
    kills: int = 0
    """Runs in a row that were killed, whatever they had done before: work may be what kills."""
    waited: timedelta = timedelta(0)
    """From the end of the first to the last, without what no pause and no try can have taken: a
    night in which the machine slept, a clock that was set."""


def streak_of(runs: Sequence[Run]) -> Streak:
    """Count from the latest run backwards; `runs` are those of one task, first to last.

    A run in which the model answered shows that the surroundings had recovered: it is the first.
    """
    ends = []
    for run in reversed(runs):
        reason = reason_of(run)
        if run.exit is None or reason is None or fault_of(reason) is not Fault.SURROUNDINGS:
            break
        ends.append(run.exit.at)
        if run.exit.usage.turns:
            break
    gaps = (later - earlier for later, earlier in pairwise(ends))
    waited = sum((min(max(gap, timedelta(0)), LONGEST_GAP) for gap in gaps), timedelta(0))
    kills = sum(1 for _ in takewhile(lambda run: reason_of(run) in _KILLS, reversed(runs)))
    return Streak(runs=len(ends), kills=kills, waited=waited)
