"""What the radar saw last: who clashes with whom, and who changed which path since when."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wtagents.core.events import EventKind
from wtagents.core.record import replace
from wtagents.core.watching.radar import Clash, SeenClash, Touch
from wtagents.core.watching.radar_json import (
    parse_misfits,
    parse_places,
    plain_misfits,
    plain_places,
)
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from wtagents.core.watching.radar import Notice
    from wtagents.store.database import Database


def seen_clashes(db: Database) -> list[SeenClash]:
    """Return what the last look found, in the order of the tasks."""
    return [_seen(row) for row in db.rows("SELECT * FROM seen_clash ORDER BY first_id, second_id")]


def clashes_until(db: Database, at: datetime) -> list[SeenClash]:
    """Return what was known at a moment, lines left out; nothing where that was not kept."""
    row = db.row(
        "SELECT data FROM event WHERE kind = ? AND at <= ? ORDER BY id DESC LIMIT 1",
        (EventKind.CLASHES_CHANGED, text_of_time(at)),
    )
    return [] if row is None else [_parsed(each) for each in json.loads(row["data"])["clashes"]]


def record_clashes(db: Database, clashes: Sequence[SeenClash], at: datetime) -> None:
    """Replace what the last look found. `db.write(durable=False)` is enough for it.

    What a person would call another clash is an event; that lines have moved is none.
    """
    before = {each.clash.pair: (each.later_id, each.clash.subjects) for each in seen_clashes(db)}
    if before != {each.clash.pair: (each.later_id, each.clash.subjects) for each in clashes}:
        plain = [_plain(each) for each in clashes]
        add_event(db, EventKind.CLASHES_CHANGED, at=at, data={"clashes": plain})
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


def _plain(seen: SeenClash) -> list[Any]:
    clash = seen.clash
    places = [replace(each, lines=(), other_lines=()) for each in clash.places]
    # ASCII, twice over: the name of a file need not be UTF-8
    sides = json.dumps([plain_places(places), plain_misfits(clash.misfits)])
    return [*clash.pair, seen.later_id, text_of_time(seen.since), sides]


def _parsed(plain: list[Any]) -> SeenClash:
    first, second, later, since, sides = plain
    places, misfits = json.loads(sides)
    return SeenClash(
        clash=Clash(
            first_id=first,
            second_id=second,
            places=parse_places(places),
            misfits=parse_misfits(misfits),
        ),
        later_id=later,
        since=datetime.fromisoformat(since),
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
