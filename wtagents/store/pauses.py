"""Pauses: what a person holds back. One row per task, and one for the whole repository.

The column `frozen` says that agents are stopped without the end of their turns.
"""

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
    held = {row["task_id"]: bool(row["frozen"]) for row in db.rows("SELECT * FROM pause")}
    starts, frozen = EVERYTHING in held, held.pop(EVERYTHING, False)
    return Pauses(
        tasks=frozenset(held),
        at_once=frozenset(task_id for task_id, at_once in held.items() if at_once),
        starts=starts,
        frozen=frozen,
    )


def add_pause(db: Database, task_id: int, at: datetime, *, at_once: bool = False) -> None:
    """Hold a task back, or everything; what was held already may be stopped at once, never less."""
    row = db.change(
        "INSERT INTO pause (task_id, frozen, at) VALUES (:task, :frozen, :at)"
        " ON CONFLICT (task_id) DO UPDATE SET frozen = 1 WHERE :frozen AND NOT frozen"
        " RETURNING task_id",
        {"task": task_id, "frozen": at_once, "at": text_of_time(at)},
    )
    if row is not None:
        _note(db, EventKind.PAUSE_ADDED, task_id, at, frozen=at_once)


def end_pause(db: Database, task_id: int, at: datetime) -> bool:
    """Hold it back no longer; False when it was not."""
    row = db.change("DELETE FROM pause WHERE task_id = ? RETURNING task_id, frozen", (task_id,))
    if row is not None:
        _note(db, EventKind.PAUSE_ENDED, task_id, at, frozen=bool(row["frozen"]))
    return row is not None


def _note(db: Database, kind: EventKind, task_id: int, at: datetime, *, frozen: bool) -> None:
    about = None if task_id == EVERYTHING else task_id
    add_event(db, kind, at=at, task_id=about, data={"frozen": frozen})
