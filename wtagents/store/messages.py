"""Messages: written down before anybody hears them, delivered or failed once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import RunId
from wtagents.core.message import Message, MessageKind, Sender
from wtagents.store.columns import optional_time, text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3

    from wtagents.store.database import Database

_UNDELIVERED = "SELECT * FROM message WHERE delivered_at IS NULL AND failed = ''"


def add_message(
    db: Database,
    task_id: int,
    kind: MessageKind,
    body: str,
    at: datetime,
    *,
    sender: Sender = Sender.PERSON,
) -> Message:
    """Record what a person, or wta itself, says to a task's agent."""
    row = db.change(
        "INSERT INTO message (task_id, kind, body, created_at, failed, sender)"
        " VALUES (?, ?, ?, ?, '', ?) RETURNING *",
        (task_id, kind, body, text_of_time(at), sender),
    )
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    message = _message(row)
    data = {"message_id": message.id, "kind": kind}
    add_event(db, EventKind.MESSAGE_ADDED, at=at, task_id=task_id, data=data)
    return message


def message_by_id(db: Database, message_id: int) -> Message | None:
    """Return a message."""
    row = db.row("SELECT * FROM message WHERE id = ?", (message_id,))
    return None if row is None else _message(row)


def messages_of(db: Database, task_id: int) -> list[Message]:
    """Return every message to a task, oldest first."""
    rows = db.rows("SELECT * FROM message WHERE task_id = ? ORDER BY id", (task_id,))
    return [_message(row) for row in rows]


def undelivered(db: Database, task_id: int | None = None) -> list[Message]:
    """Return the messages that wait, oldest first; of all tasks by default."""
    if task_id is None:
        rows = db.rows(f"{_UNDELIVERED} ORDER BY id")
    else:
        rows = db.rows(f"{_UNDELIVERED} AND task_id = ? ORDER BY id", (task_id,))
    return [_message(row) for row in rows]


def mark_delivered(db: Database, message_id: int, run_id: RunId, at: datetime) -> Message | None:
    """Record which run took a message; None when it waits no more."""
    row = db.change(
        "UPDATE message SET run_id = ?, delivered_at = ?"
        " WHERE id = ? AND delivered_at IS NULL AND failed = '' RETURNING *",
        (run_id, text_of_time(at), message_id),
    )
    if row is None:
        return None
    message = _message(row)
    add_event(
        db,
        EventKind.MESSAGE_DELIVERED,
        at=at,
        task_id=message.task_id,
        run_id=run_id,
        data={"message_id": message_id},
    )
    return message


def mark_failed(db: Database, message_id: int, reason: str, at: datetime) -> Message | None:
    """Record why a message can never be delivered; None when it waits no more.

    Raises ValueError for an empty reason.
    """
    if not reason:
        raise ValueError("a failed message needs a reason")
    row = db.change(
        "UPDATE message SET failed = ?"
        " WHERE id = ? AND delivered_at IS NULL AND failed = '' RETURNING *",
        (reason, message_id),
    )
    if row is None:
        return None
    message = _message(row)
    data = {"message_id": message_id, "reason": reason}
    add_event(db, EventKind.MESSAGE_FAILED, at=at, task_id=message.task_id, data=data)
    return message


def _message(row: sqlite3.Row) -> Message:
    return Message(
        id=row["id"],
        task_id=row["task_id"],
        kind=MessageKind(row["kind"]),
        body=row["body"],
        created_at=datetime.fromisoformat(row["created_at"]),
        run_id=None if row["run_id"] is None else RunId(row["run_id"]),
        delivered_at=optional_time(row["delivered_at"]),
        failed=row["failed"],
        sender=Sender(row["sender"]),
    )
