"""What the radar saw last: who clashes with whom, and who changed which path since when."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.watching.radar import Clash, SeenClash, Touch
from wtagents.core.watching.radar_json import (
    parse_misfits,
    parse_places,
    plain_misfits,
    plain_places,
)
from wtagents.store.columns import text_of_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from wtagents.core.watching.radar import Notice
    from wtagents.store.database import Database


def seen_clashes(db: Database) -> list[SeenClash]:
    """Return what the last look found, in the order of the tasks."""
    return [_seen(row) for row in db.rows("SELECT * FROM seen_clash ORDER BY first_id, second_id")]


def record_clashes(db: Database, clashes: Iterable[SeenClash]) -> None:
    """Replace what the last look found. `db.write(durable=False)` is enough for it."""
    db.change("DELETE FROM seen_clash")
    for seen in clashes:
        db.change(
            "INSERT INTO seen_clash VALUES (?, ?, ?, ?, ?, ?)",
            (
                seen.clash.first_id,
                seen.clash.second_id,
                seen.later_id,
                # ASCII: the name of a file need not be UTF-8
                json.dumps(plain_places(seen.clash.places)),
                json.dumps(plain_misfits(seen.clash.misfits)),
                text_of_time(seen.since),
            ),
        )


def touches(db: Database) -> list[Touch]:
    """Return who changed which path, the earliest first."""
    rows = db.rows("SELECT * FROM touch ORDER BY since, task_id, path")
    return [
        Touch(
            task_id=row["task_id"],
            path=row["path"],
            since=datetime.fromisoformat(row["since"]),
        )
        for row in rows
    ]


def record_touches(db: Database, new: Iterable[Touch], gone: Iterable[Touch]) -> None:
    """Note what is changed since now, and what is not any more."""
    for touch in gone:
        db.change("DELETE FROM touch WHERE task_id = ? AND path = ?", (touch.task_id, touch.path))
    for touch in new:
        db.change(
            "INSERT OR IGNORE INTO touch VALUES (?, ?, ?)",
            (touch.task_id, touch.path, text_of_time(touch.since)),
        )


def told(db: Database) -> dict[tuple[int, int], frozenset[str]]:
    """Return what the agent of a task (first) has been told about another side (second)."""
    heard: dict[tuple[int, int], frozenset[str]] = {}
    for row in db.rows(
        "SELECT told.* FROM told JOIN message ON message.id = message_id WHERE failed = ''"
    ):
        pair = row["task_id"], row["other_id"]
        heard[pair] = heard.get(pair, frozenset()) | {row["subject"]}
    return heard


def last_told(db: Database) -> dict[int, datetime]:
    """Return when each task was told something last."""
    rows = db.rows(
        "SELECT message.task_id, max(created_at) AS at FROM told"
        " JOIN message ON message.id = message_id WHERE failed = '' GROUP BY message.task_id"
    )
    return {row["task_id"]: datetime.fromisoformat(row["at"]) for row in rows}


def record_told(db: Database, notice: Notice, message_id: int) -> None:
    """Note what a message says, in the transaction that adds it."""
    other = notice.clash.other(notice.task_id)
    for subject in sorted(notice.subjects):
        db.change(
            "INSERT INTO told VALUES (?, ?, ?, ?)", (notice.task_id, other, subject, message_id)
        )


def _seen(row: sqlite3.Row) -> SeenClash:
    return SeenClash(
        clash=Clash(
            first_id=row["first_id"],
            second_id=row["second_id"],
            places=parse_places(json.loads(row["places"])),
            misfits=parse_misfits(json.loads(row["misfits"])),
        ),
        later_id=row["later_id"],
        since=datetime.fromisoformat(row["since"]),
    )
