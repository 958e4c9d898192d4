"""Blocks of ports that a worktree has for itself, over all repositories of a user.

<state home>/ports/<first port>.json    {"worktree": …, "task": …}

A claim holds as long as its worktree is there: nobody has to give it back, so nothing is lost when
somebody is killed. Blocks lie below the ports that systems hand out by themselves (32768 on Linux).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.system.files import load_json, make_private_folder, write_json
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    return _block_of(worktree, _claims(folder))


def claim_block(folder: Path, worktree: Path, task: str) -> PortBlock | None:
    """Return the block of a worktree, a new one where it has none; None when all are taken.

    A block with a port on which somebody listens now is passed over. Raises SystemFault.
    """
    make_private_folder(folder)
    with hold_lock(folder / "ports.lock", seconds=_LOCK_SECONDS, what="choosing ports"):
        taken = _claims(folder)
        known = _block_of(worktree, taken)
        if known is not None:
            return known
        from wtagents.system.sharing.loopback import are_unused

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


def _block_of(worktree: Path, claims: Mapping[int, Path]) -> PortBlock | None:
    found = (first for first, owner in claims.items() if owner == worktree)
    return next((PortBlock(first=first) for first in found), None)


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
