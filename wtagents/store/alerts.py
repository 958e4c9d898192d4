"""What a person is to be told, what stands, and how far the events were looked at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.tending.alert import Alert, Topic
from wtagents.store.columns import dump, text_of_time
from wtagents.store.events import events_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from wtagents.core.events import Event
    from wtagents.store.database import Database


def unseen_events(db: Database) -> list[Event]:
    """Return the events that no look for alerts has seen, oldest first; a thousand at most."""
    row = db.row("SELECT event_id FROM alert_mark")
    return events_of(db, after=0 if row is None else row["event_id"])


def noted_alerts(db: Database) -> list[Alert]:
    """Return what waits to be told and what stands, oldest first."""
    return [_alert(row) for row in db.rows("SELECT * FROM alert ORDER BY at, rowid")]


def untold_alerts(db: Database) -> list[Alert]:
    """Return what waits to be told, oldest first."""
    rows = db.rows("SELECT * FROM alert WHERE told_at IS NULL ORDER BY at, rowid")
    return [_alert(row) for row in rows]


def note_alerts(
    db: Database, found: Iterable[Alert], *, standing: Collection[str], seen: int | None
) -> None:
    """Add what was found, forget what stands no more, and move the mark to the event `seen`."""
    db.change(
        "DELETE FROM alert WHERE standing = 1 AND key NOT IN (SELECT value FROM json_each(?))",
        (dump(sorted(standing)),),
    )
    for each in found:
        db.change(
            "INSERT OR IGNORE INTO alert (key, topic, task, text, at, standing)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (each.key, each.topic, each.task, each.text, text_of_time(each.at), each.standing),
        )
    if seen is not None:
        db.change("UPDATE alert_mark SET event_id = ? WHERE event_id < ?", (seen, seen))


def note_told(db: Database, told: Iterable[Alert], at: datetime) -> None:
    """Remember that these were told; what does not stand is forgotten."""
    for each in told:
        db.change("DELETE FROM alert WHERE key = ? AND standing = 0", (each.key,))
        db.change("UPDATE alert SET told_at = ? WHERE key = ?", (text_of_time(at), each.key))


def _alert(row: sqlite3.Row) -> Alert:
    return Alert(
        key=row["key"],
        topic=Topic(row["topic"]),
        task=row["task"],
        text=row["text"],
        at=datetime.fromisoformat(row["at"]),
        standing=bool(row["standing"]),
    )
