"""Claims: what a person holds for a task."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.watching.claim import Claim
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from wtagents.store.database import Database


def claims(db: Database) -> list[Claim]:
    """Return all claims, the oldest first, those of tasks that have ended included."""
    rows = db.rows("SELECT * FROM claim ORDER BY since, task_id, path")
    return [
        Claim(task_id=row["task_id"], path=row["path"], since=datetime.fromisoformat(row["since"]))
        for row in rows
    ]


def add_claim(db: Database, claim: Claim) -> bool:
    """Record a claim; False when the task has it already."""
    row = db.change(
        "INSERT INTO claim VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING task_id",
        (claim.task_id, claim.path, text_of_time(claim.since)),
    )
    if row is not None:
        add_event(
            db,
            EventKind.CLAIM_ADDED,
            at=claim.since,
            task_id=claim.task_id,
            data={"path": claim.path},
        )
    return row is not None


def drop_claim(db: Database, task_id: int, path: str, at: datetime) -> bool:
    """Release a claim; False when the task has none of that path."""
    row = db.change(
        "DELETE FROM claim WHERE task_id = ? AND path = ? RETURNING task_id", (task_id, path)
    )
    if row is not None:
        add_event(db, EventKind.CLAIM_RELEASED, at=at, task_id=task_id, data={"path": path})
    return row is not None
