"""How the HEAD of a worktree moved: moves of its branch from elsewhere are not in its reflog.

Every git command in a worktree logs what it does to HEAD, and so to the branch that HEAD is on, in
the private directory of the worktree. A command elsewhere that moves the branch logs it with the
branch alone. Inside walls an agent can do the latter to branches of others, but write the log of
none: where one entry does not begin with what the last one ended with, somebody else was at work.
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.git.admin import admin_dir

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import Oid
    from wtagents.git.repo import Repository

_ENTRY = re.compile(
    r"^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\n\t]*> (\d{1,12}) [+-]\d{4}", re.MULTILINE
)
_FORGOTTEN = timedelta(days=29)
"""Git may forget entries in the middle that are older (gc.reflogExpireUnreachable: 30 days)."""
_LONGEST = 4 << 20
"""Bytes at the end of a log that are looked at: 20,000 moves."""


@record
class Move:
    """A move of a branch that its worktree knows nothing of."""

    old: str
    """What the worktree left it at."""
    new: str


@record
class _Step:
    """One entry of a log."""

    old: str
    new: str
    at: int
    """Seconds since the epoch, as the committer of that moment."""


def foreign_moves(repo: Repository, worktree: Path, tip: Oid, *, now: datetime) -> tuple[Move, ...]:
    """Return how a worktree's branch, now at `tip`, was moved from elsewhere, oldest first.

    A worktree that is gone, or that keeps no log, tells of none.
    """
    folder = admin_dir(repo, worktree)
    steps = _steps(folder / "logs" / "HEAD") if folder is not None else []
    if not steps:
        return ()
    since = (now - _FORGOTTEN).timestamp()
    pairs = [(step, later.old) for step, later in pairwise(steps) if step.at >= since]
    pairs.append((steps[-1], str(tip)))
    return tuple(
        Move(old=step.new, new=new)
        for step, new in pairs
        if step.new != new and step.new.strip("0") and new.strip("0")
    )


def _steps(log: Path) -> list[_Step]:
    """Return what HEAD was before and after each entry of a log (git-reflog(1))."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _LONGEST))
            found = _ENTRY.findall(stream.read(_LONGEST).decode(errors="replace"))
    except OSError:
        return []
    return [_Step(old=old, new=new, at=int(at)) for old, new, at in found]
