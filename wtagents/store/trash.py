"""The trash: worktrees that were renamed away, until they are restored or swept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import BranchName, Oid
from wtagents.core.keeping.trash import TrashItem
from wtagents.store.columns import optional_time, text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from typing import TypedDict, Unpack

    from wtagents.store.database import Database

    class NewTrashItem(TypedDict):
        """What a return of the worktree needs."""

        task_id: int
        original: Path
        folder: Path
        branch: BranchName
        tip: Oid
        proof: str


_KEPT = "SELECT * FROM trash WHERE restored_at IS NULL AND swept_at IS NULL"


def add_trash_item(db: Database, *, at: datetime, **new: Unpack[NewTrashItem]) -> TrashItem:
    """Record a worktree that goes to the trash; before it is renamed."""
    row = db.change(
        "INSERT INTO trash (task_id, original, folder, branch, tip, proof, trashed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            new["task_id"],
            str(new["original"]),
            str(new["folder"]),
            new["branch"],
            new["tip"],
            new["proof"],
            text_of_time(at),
        ),
    )
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    item = _item(row)
    _note(db, EventKind.WORKTREE_TRASHED, item, at)
    return item


def trash_items(db: Database) -> list[TrashItem]:
    """Return what lies in the trash, oldest first."""
    return [_item(row) for row in db.rows(f"{_KEPT} ORDER BY id")]


def trash_item_of(db: Database, task_id: int) -> TrashItem | None:
    """Return what lies in the trash of a task, the latest if there are several."""
    row = db.row(f"{_KEPT} AND task_id = ? ORDER BY id DESC LIMIT 1", (task_id,))
    return None if row is None else _item(row)


def trash_folders(db: Database) -> list[Path]:
    """Return every folder that something went to, whatever became of it."""
    return [Path(row["folder"]) for row in db.rows("SELECT folder FROM trash")]


def restored_at(db: Database, task_id: int) -> datetime | None:
    """Return when a task's worktree came back the last time; None when it never went."""
    row = db.row("SELECT max(restored_at) AS at FROM trash WHERE task_id = ?", (task_id,))
    return None if row is None else optional_time(row["at"])


def last_trash_item_of(db: Database, task_id: int) -> TrashItem | None:
    """Return the last time that a task's worktree went, whatever became of it."""
    row = db.row("SELECT * FROM trash WHERE task_id = ? ORDER BY id DESC LIMIT 1", (task_id,))
    return None if row is None else _item(row)


def mark_restored(db: Database, item_id: int, at: datetime) -> TrashItem | None:
    """Record that it came back; None when it did already, or was swept."""
    row = db.change(
        "UPDATE trash SET restored_at = ?"
        " WHERE id = ? AND restored_at IS NULL AND swept_at IS NULL RETURNING *",
        (text_of_time(at), item_id),
    )
    return _noted(db, EventKind.WORKTREE_RESTORED, row, at)


def mark_swept(db: Database, item_id: int, at: datetime) -> TrashItem | None:
    """Record that its files are gone for good; None when it came back, or was swept already."""
    row = db.change(
        "UPDATE trash SET swept_at = ?"
        " WHERE id = ? AND restored_at IS NULL AND swept_at IS NULL RETURNING *",
        (text_of_time(at), item_id),
    )
    return _noted(db, EventKind.WORKTREE_SWEPT, row, at)


def _noted(
    db: Database, kind: EventKind, row: sqlite3.Row | None, at: datetime
) -> TrashItem | None:
    if row is None:
        return None
    item = _item(row)
    _note(db, kind, item, at)
    return item


def _note(db: Database, kind: EventKind, item: TrashItem, at: datetime) -> None:
    data = {"folder": str(item.folder), "tip": item.tip, "proof": item.proof}
    add_event(db, kind, at=at, task_id=item.task_id, data=data)


def _item(row: sqlite3.Row) -> TrashItem:
    return TrashItem(
        id=row["id"],
        task_id=row["task_id"],
        original=Path(row["original"]),
        folder=Path(row["folder"]),
        branch=BranchName(row["branch"]),
        tip=Oid(row["tip"]),
        proof=row["proof"],
        trashed_at=datetime.fromisoformat(row["trashed_at"]),
        restored_at=optional_time(row["restored_at"]),
        swept_at=optional_time(row["swept_at"]),
    )
