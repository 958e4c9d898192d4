"""What was cleaned up and can be brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid


@record
class TrashItem:
    """One row of `trash`: a worktree that was renamed away, with what its return needs."""

    id: int
    task_id: int
    original: Path
    folder: Path
    """Where its files are now."""
    branch: BranchName
    tip: Oid
    """Tip of the branch, archived in the hub."""
    proof: str
    """Why it was allowed to go, in one line."""
    trashed_at: datetime
    restored_at: datetime | None
    swept_at: datetime | None
