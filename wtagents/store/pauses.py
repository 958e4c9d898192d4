"""Pauses: what a person holds back. One row per task, and one for the whole repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.tending.pause import EVERYTHING, Pauses
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.store.database import Database


def pauses(db: Database) -> Pauses:
    """Return what is held back."""
    rows = db.rows("SELECT task_id, frozen FROM pause")
    return Pauses(
        tasks=frozenset(row["task_id"] for row in rows if row["task_id"] != EVERYTHING),
        starts=any(row["task_id"] == EVERYTHING for row in rows),
        frozen=any(row["frozen"] for row in rows),
    )


def add_pause(db: Database, task_id: int, at: datetime, *, frozen: bool = False) -> None:
    """Hold a task back, or everything; what was held already may become frozen, never less."""
    row = db.change(
        "INSERT INTO pause (task_id, frozen, at) VALUES (:task, :frozen, :at)"
        " ON CONFLICT (task_id) DO UPDATE SET frozen = 1 WHERE :frozen AND NOT frozen"
        " RETURNING task_id",
        {"task": task_id, "frozen": frozen, "at": text_of_time(at)},
    )
    if row is not None:
        _note(db, EventKind.PAUSE_ADDED, task_id, at, frozen=frozen)


def end_pause(db: Database, task_id: int, at: datetime) -> bool:
    """Hold it back no longer; False when it was not."""
    row = db.change("DELETE FROM pause WHERE task_id = ? RETURNING task_id, frozen", (task_id,))
    if row is not None:
        _note(db, EventKind.PAUSE_ENDED, task_id, at, frozen=bool(row["frozen"]))
    return row is not None


def _note(db: Database, kind: EventKind, task_id: int, at: datetime, *, frozen: bool) -> None:
    about = None if task_id == EVERYTHING else task_id
    add_event(db, kind, at=at, task_id=about, data={"frozen": frozen})
