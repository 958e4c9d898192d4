"""Blocks of ports that a worktree has for itself, over all repositories of a user.

<state home>/ports/<first port>.json    {"worktree": …, "task": …}

A claim holds as long as its worktree is there: nobody has to give it back, so nothing is lost when
somebody is killed. Blocks lie below the ports that systems hand out by themselves (32768 on Linux).
"""

from __future__ import annotations

import os
from pathlib import Path

from wtagents.core.record import record
from wtagents.system.files import load_json, make_private_folder, write_json
from wtagents.system.lock import hold_lock

FIRST, LAST, COUNT = 20_000, 31_999, 10
_LOCK_SECONDS = 10.0


@record
class PortBlock:
    """Ports in a row."""

    first: int
    count: int = COUNT

    @property
    def words(self) -> str:
        """As `first-last`."""
        return f"{self.first}-{self.first + self.count - 1}"


def claimed_block(folder: Path, worktree: Path) -> PortBlock | None:
    """Return the block of a worktree, or None."""
    for first, owner in _claims(folder).items():
        if owner == worktree:
            return PortBlock(first=first)
    return None


def claim_block(folder: Path, worktree: Path, task: str) -> PortBlock | None:
    """Return the block of a worktree, a new one where it has none; None when all are taken.

    A block with a port on which somebody listens now is passed over. Raises SystemFault.
    """
    known = claimed_block(folder, worktree)
    if known is not None:
        return known
    make_private_folder(folder)
    with hold_lock(folder / "ports.lock", seconds=_LOCK_SECONDS, what="choosing ports"):
        taken = _claims(folder)
        known = claimed_block(folder, worktree)
        if known is not None:
            return known
        from wtagents.system.loopback import are_unused

        for first in range(FIRST, LAST, COUNT):
            owner = taken.get(first)
            is_free = owner is None or not owner.is_dir()
            if is_free and are_unused(range(first, first + COUNT)):
                write_json(
                    folder / f"{first}.json",
                    {"worktree": str(worktree), "task": task},
                    durable=False,
                )
                return PortBlock(first=first)
    return None


def _claims(folder: Path) -> dict[int, Path]:
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    found = {}
    for name in names:
        number, _, ending = name.partition(".")
        claim = load_json(folder / name) if ending == "json" and number.isdigit() else None
        if isinstance(claim, dict) and isinstance(claim.get("worktree"), str):
            found[int(number)] = Path(claim["worktree"])
    return found
