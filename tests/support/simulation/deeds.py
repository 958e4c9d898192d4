"""What agents of the simulation do, how often, and how their runs end by it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.run import ExitReason
from wtagents.core.tending.check import Check

if TYPE_CHECKING:
    import random


class Deed(StrEnum):
    """What an agent does next: with each request one thing."""

    COMMIT = "commit"
    LEAVE = "leave a file"
    THINK = "think"
    ASK = "ask"
    FINISH = "finish"
    FAIL = "fail"
    OVERLOAD = "overload"
    LIMIT = "limit"
    LOCKED_OUT = "locked out"


DEEDS = {
    Deed.COMMIT: 5,
    Deed.LEAVE: 2,
    Deed.THINK: 4,
    Deed.ASK: 1,
    Deed.FINISH: 5,
    Deed.FAIL: 2,
    Deed.OVERLOAD: 1,
    Deed.LIMIT: 1,
    Deed.LOCKED_OUT: 0.3,
}
ENDS = {
    Deed.FINISH: ExitReason.COMPLETED,
    Deed.FAIL: ExitReason.AGENT_ERROR,
    Deed.OVERLOAD: ExitReason.API_ERROR,
    Deed.LIMIT: ExitReason.RATE_LIMITED,
    Deed.LOCKED_OUT: ExitReason.AUTHENTICATION,
}


def check_work(rng: random.Random) -> Check:
    """Return what a command said that looked at the work of an agent."""
    passed = rng.random() < 0.8
    return Check(command="make check", passed=passed, seconds=1.0, timed_out=False, log="", tail="")
