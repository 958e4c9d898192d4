"""Undos: at most one that holds per landing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import Oid
from wtagents.core.landing.undo import Undo, UndoState
from wtagents.core.task import Reason, TaskState
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event
from wtagents.store.tasks import move_task

if TYPE_CHECKING:
    import sqlite3

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.store.database import Database


def add_undo(
    db: Database, landed: MergeRequest, *, onto: Oid, candidate: Oid, why: str, at: datetime
) -> Undo:
    """Record that the target is about to move."""
    row = db.change(
        "INSERT INTO undo (merge_id, state, onto, candidate, why, created_at, changed_at)"
        " VALUES (:merge_id, 'advancing', :onto, :candidate, :why, :now, :now) RETURNING *",
        {
            "merge_id": landed.id,
            "onto": onto,
            "candidate": candidate,
            "why": why,
            "now": text_of_time(at),
        },
    )
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    return _undo(row)


def undo_of(db: Database, merge_id: int) -> Undo | None:
    """Return the undo of a landing that holds, or is under way."""
    row = db.row("SELECT * FROM undo WHERE merge_id = ? AND state <> 'given_up'", (merge_id,))
    return None if row is None else _undo(row)


def undone_landings(db: Database, *, until: datetime | None = None) -> frozenset[int]:
    """Return the merge requests whose landing was taken back, or is about to be.

    With `until` those where that had begun by a moment.
    """
    rows = db.rows("SELECT merge_id, created_at FROM undo WHERE state <> 'given_up'")
    latest = "" if until is None else text_of_time(until)
    return frozenset(
        row["merge_id"] for row in rows if until is None or row["created_at"] <= latest
    )


def advancing_undos(db: Database) -> list[Undo]:
    """Return the undos of which a killed process did not say how they ended."""
    return [_undo(row) for row in db.rows("SELECT * FROM undo WHERE state = 'advancing'")]


def give_up_undo(db: Database, undo: Undo, at: datetime) -> None:
    """Record that the target did not move."""
    _settle(db, undo, UndoState.GIVEN_UP, at)


def finish_undo(
    db: Database, undo: Undo, landed: MergeRequest, at: datetime, *, warning: str = ""
) -> None:
    """Record that the target has it no more; the task rests and may go on.

    `warning` is what a person has to look at, if anything.
    """
    # Every tick asks for undos, hardly one finishes any.
    from wtagents.store.lessons import forget_taught

    if not _settle(db, undo, UndoState.UNDONE, at):
        return
    forget_taught(db, landed.id)
    said = (undo.why, f"undone on {landed.target} by {undo.candidate.short}", warning)
    move_task(
        db,
        landed.task_id,
        TaskState.FAILED if undo.why else TaskState.STOPPED,
        at=at,
        expected=(TaskState.MERGED,),
        removed=True,
        reason=Reason.UNDONE,
        detail="; ".join(filter(None, said)),
    )
    data = {"onto": undo.onto, "candidate": undo.candidate, "why": undo.why, "warning": warning}
    add_event(
        db, EventKind.MERGE_UNDONE, at=at, task_id=landed.task_id, merge_id=landed.id, data=data
    )


def _settle(db: Database, undo: Undo, to: UndoState, at: datetime) -> bool:
    row = db.change(
        "UPDATE undo SET state = ?, changed_at = ? WHERE id = ? AND state = 'advancing'"
        " RETURNING id",
        (to, text_of_time(at), undo.id),
    )
    return row is not None


def _undo(row: sqlite3.Row) -> Undo:
    return Undo(
        id=row["id"],
        merge_id=row["merge_id"],
        state=UndoState(row["state"]),
        onto=Oid(row["onto"]),
        candidate=Oid(row["candidate"]),
        why=row["why"],
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )
