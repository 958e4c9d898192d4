"""Which tasks began as a copy of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import Oid
from wtagents.core.tending.fork import Fork
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.store.database import Database


def add_fork(db: Database, fork: Fork, at: datetime) -> None:
    """Record where a task that was just added begins."""
    db.change(
        "INSERT INTO fork VALUES (?, ?, ?, ?, ?, ?)",
        (
            fork.task_id,
            fork.source_id,
            fork.checkpoint,
            fork.head,
            fork.session_id,
            fork.message,
        ),
    )
    data = {"source": fork.source_id, "checkpoint": fork.checkpoint, "head": fork.head}
    add_event(db, EventKind.TASK_FORKED, at=at, task_id=fork.task_id, data=data)


def fork_of(db: Database, task_id: int) -> Fork | None:
    """Return where a task began; None for one that is no copy."""
    row = db.row("SELECT * FROM fork WHERE task_id = ?", (task_id,))
    if row is None:
        return None
    return Fork(
        task_id=row["task_id"],
        source_id=row["source_id"],
        checkpoint=Oid(row["checkpoint"]),
        head=Oid(row["head"]),
        session_id=row["session_id"],
        message=row["message"],
    )
