"""Worktrees of the simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Checkout:
    """A worktree, as far as the loop can see it."""

    path: Path
    commits: int = 0
    uncommitted: int = 0
    is_filled: bool = False

    def commit(self) -> None:
        """Commit everything that lies there."""
        self.commits += 1
        self.uncommitted = 0

    def leave(self) -> None:
        """Leave a file that is not committed."""
        self.uncommitted += 1
