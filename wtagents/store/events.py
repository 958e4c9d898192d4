"""Events: appended in the transaction of the change, never edited."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wtagents.core.events import Event, EventKind
from wtagents.core.ids import RunId
from wtagents.core.isolation.credentials import without_credentials
from wtagents.store.columns import dump, text_of_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import Literal, NotRequired, TypedDict, Unpack

    from wtagents.store.database import Database

    class About(TypedDict):
        """What an event is about; whatever is left out is NULL."""

        task_id: NotRequired[int | None]
        run_id: NotRequired[RunId | None]
        merge_id: NotRequired[int | None]


def add_event(
    db: Database,
    kind: EventKind,
    *,
    at: datetime,
    actor: str | None = None,
    data: dict[str, Any] | None = None,
    **about: Unpack[About],
) -> None:
    """Append what happened, signed by `actor` or by who opened the write block."""
    db.change(
        "INSERT INTO event (at, kind, actor, task_id, run_id, merge_id, data)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            text_of_time(at),
            kind,
            actor or db.actor,
            about.get("task_id"),
            about.get("run_id"),
            about.get("merge_id"),
            without_credentials(dump(data or {})),
        ),
    )


def events_of(
    db: Database, task_id: int | None = None, *, after: int = 0, limit: int = 1000
) -> list[Event]:
    """Return events with an id above `after`, oldest first; of all tasks by default."""
    if task_id is None:
        sql = "SELECT * FROM event WHERE id > :after ORDER BY id LIMIT :limit"
    else:
        sql = "SELECT * FROM event WHERE task_id = :task AND id > :after ORDER BY id LIMIT :limit"
    rows = db.rows(sql, {"task": task_id, "after": after, "limit": limit})
    return [_event(row) for row in rows]


def last_events(
    db: Database,
    kinds: Iterable[EventKind],
    *,
    until: datetime,
    of: Literal["task_id", "run_id", "merge_id"],
) -> list[Event]:
    """Return the last event of these kinds of each task, run or merge request until a moment."""
    rows = db.rows(
        "SELECT * FROM event WHERE id IN (SELECT max(id) FROM event WHERE at <= ?"  # noqa: S608
        f" AND kind IN (SELECT value FROM json_each(?)) GROUP BY {of}) ORDER BY id",
        (text_of_time(until), dump(list(kinds))),
    )
    return [_event(row) for row in rows]


def last_event(db: Database) -> int:
    """Return the id of the latest event, 0 before the first."""
    row = db.row("SELECT max(id) AS id FROM event")
    return int(row["id"] or 0) if row is not None else 0


def tasks_changed(db: Database, *, after: int) -> frozenset[int]:
    """Return the tasks of which something has happened after an event."""
    rows = db.rows("SELECT DISTINCT task_id FROM event WHERE id > ? AND task_id NOT NULL", (after,))
    return frozenset(row["task_id"] for row in rows)


def events_until(db: Database, kinds: Iterable[EventKind], *, until: datetime) -> list[Event]:
    """Return all events of these kinds until a moment, oldest first."""
    rows = db.rows(
        "SELECT * FROM event WHERE at <= ? AND kind IN (SELECT value FROM json_each(?))"
        " ORDER BY id",
        (text_of_time(until), dump(list(kinds))),
    )
    return [_event(row) for row in rows]


def was_pushed(db: Database, task_id: int, remote: str, commit: str) -> bool:
    """Whether the branch of a task was pushed to a remote at exactly this commit."""
    row = db.row(
        "SELECT 1 FROM event WHERE task_id = ? AND kind = ?"
        " AND json_extract(data, '$.remote') = ? AND json_extract(data, '$.commit') = ?",
        (task_id, EventKind.REF_PUSHED, remote, commit),
    )
    return row is not None


def _event(row: sqlite3.Row) -> Event:
    return Event(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        kind=EventKind(row["kind"]),
        actor=row["actor"],
        task_id=row["task_id"],
        run_id=None if row["run_id"] is None else RunId(row["run_id"]),
        merge_id=row["merge_id"],
        data=json.loads(row["data"]),
    )
