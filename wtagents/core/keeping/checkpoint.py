"""Checkpoints: what lay in a worktree at moments of its task; when one is due, and which are kept.

Kept are all of the last hour, the last of each hour of a day, the last of each day before. Pure.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.config.forms import Duration, Unfit
from wtagents.core.errors import NotFoundError, UsageError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.run import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.tending.snapshot import TaskView

SUSPECT_EVERY = 60.0
"""Seconds between looks at the worktree of an agent that is suspected: before the next step is
taken about it, it must be seen whether the last one helped."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Cause(StrEnum):
    """Why a checkpoint was made."""

    TURN = "turn"
    """The agent's turn had ended."""
    RUN = "run"
    """A run had ended."""
    TIME = "time"
    """Some minutes had passed."""
    RESTORE = "restore"
    """Files of an earlier checkpoint were about to be put back."""
    FRESH = "fresh"
    """A new conversation was about to begin."""
    TAKEOVER = "takeover"
    """A person was about to take over."""
    ASKED = "asked"
    """A person asked for it."""
    FORK = "fork"
    """Where a fork begins."""

    @property
    def words(self) -> str:
        """For a list."""
        return _WORDS[self]


_WORDS = {
    Cause.TURN: "turn ended",
    Cause.RUN: "run ended",
    Cause.TIME: "at work",
    Cause.RESTORE: "before restore",
    Cause.FRESH: "before a fresh start",
    Cause.TAKEOVER: "before takeover",
    Cause.ASKED: "asked for",
    Cause.FORK: "forked",
}


@record
class Checkpoint:
    """One of them. Its number is its name for good; the next one has a higher number."""

    number: int
    commit: Oid
    """A commit of the hub with the tree; its parent is `head`."""
    tree: Oid
    head: Oid
    """What the worktree had checked out."""
    branch: BranchName | None
    """None: HEAD was detached."""
    at: datetime
    cause: Cause
    run: int
    """Number of the task's latest run; 0 before the first."""
    turn: int
    """Requests of that run so far."""
    message: str
    """The agent's last message in its conversation then; '' for none."""
    left_out: tuple[str, ...]
    """Changed files that are not in it: larger than `checkpoints.largest`."""


@record
class Moment:
    """Where a task stood when its worktree was last looked at for a checkpoint."""

    run: int
    turn: int
    live: bool
    at: float
    """Seconds of a clock that never runs backwards."""


def moment_of(view: TaskView, *, at: float) -> Moment:
    """Return where a task stands."""
    run, facts = view.run, view.run_facts
    usage = run.exit.usage if run and run.exit else None
    if facts is not None and facts.pulse is not None:
        usage = facts.pulse.usage
    return Moment(
        run=run.number if run else 0,
        turn=usage.turns if usage else 0,
        live=run is not None and run.state in LIVE_RUN_STATES,
        at=at,
    )


def due_cause(view: TaskView, last: Moment | None, now: Moment, *, every: float) -> Cause | None:
    """Return why a checkpoint is due; None while it is not.

    `last` is None for a task that nobody has looked at since this supervisor began.
    """
    if view.run is None:
        return None
    same = last is not None and (last.run, last.turn) == (now.run, now.turn)
    if not now.live and (last is None or last.live or last.run != now.run):
        return Cause.RUN
    pulse = view.run_facts.pulse if view.run_facts else None
    if now.live and pulse is not None and pulse.phase is Phase.IDLE and not same:
        return Cause.TURN
    if view.suspicion is not None:
        every = min(every, SUSPECT_EVERY)
    if last is None or now.at - last.at >= every:
        return Cause.TIME
    return None


def surplus(
    checkpoints: Sequence[Checkpoint], now: datetime, *, most: int
) -> tuple[Checkpoint, ...]:
    """Return those that need not be kept; `checkpoints` is in order. The newest always stays.

    Above `most` the one closest to the one before it goes first, so that those left are spread.
    """
    kept: list[Checkpoint] = []
    seen: set[int] = set()
    for each in reversed(checkpoints):
        bucket = _bucket(each.at, now)
        if bucket is None or bucket not in seen or not kept:
            kept.append(each)
        if bucket is not None:
            seen.add(bucket)
    kept.reverse()
    while len(kept) > max(most, 1):
        gaps = [(kept[i].at - kept[i - 1].at, i) for i in range(1, len(kept) - 1)]
        del kept[min(gaps)[1] if gaps else 0]
    staying = {each.number for each in kept}
    return tuple(each for each in checkpoints if each.number not in staying)


def _bucket(at: datetime, now: datetime) -> int | None:
    """Return the hour, negative, or the day that a time falls into; None in the last hour."""
    age = now - at
    if age < _HOUR:
        return None
    since_epoch = at.timestamp()
    if age < _DAY:
        return -int(since_epoch // _HOUR.total_seconds())
    return int(since_epoch // _DAY.total_seconds())


def choose_checkpoint(
    checkpoints: Sequence[Checkpoint], wanted: str, now: datetime, *, task: str
) -> Checkpoint:
    """Return the checkpoint of a number (`12`), of a time ago (`10m`), or for '' the latest.

    The latest is never one that a restore made: the same command again means the same state.
    Raises NotFoundError, or UsageError for what is neither.
    """
    hint = f"see them: wta checkpoints {task}"
    if not checkpoints:
        raise NotFoundError(f"task {task} has no checkpoint", hint=hint)
    if not wanted:
        plain = [each for each in checkpoints if each.cause is not Cause.RESTORE]
        return plain[-1] if plain else checkpoints[-1]
    if re.fullmatch(r"[0-9]{1,9}", wanted):
        found = [each for each in checkpoints if each.number == int(wanted)]
        if not found:
            raise NotFoundError(f"task {task} has no checkpoint {int(wanted)}", hint=hint)
        return found[0]
    try:
        then = now - timedelta(seconds=Duration().read(wanted))
    except Unfit:
        raise UsageError(
            f"{wanted!r} is neither the number of a checkpoint nor a time",
            hint=f"wta restore {task} 12, or: wta restore {task} 10m",
        ) from None
    before = [each for each in checkpoints if each.at <= then]
    if not before:
        raise NotFoundError(f"task {task} has no checkpoint as old as {wanted}", hint=hint)
    return before[-1]
