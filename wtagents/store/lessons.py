"""What landed and verified resolutions taught; never more, and not for ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.core.landing.lessons import Lesson
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.store.columns import dump, text_of_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.store.database import Database

KEPT_LESSONS = 5000
_RED = (Rejection.GATE_RED, Rejection.GATE_TIMEOUT)


def recall_lessons(db: Database, keys: Sequence[str]) -> dict[str, Lesson]:
    """Return the lessons that are known, by key."""
    rows = db.rows(
        "SELECT * FROM lesson WHERE key IN (SELECT value FROM json_each(?))", (dump(keys),)
    )
    return {row["key"]: _lesson(row) for row in rows}


def note_lessons(db: Database, merge_id: int, lessons: Iterable[Lesson], *, recalled: bool) -> None:
    """Note what a landing on its way has recalled, or what it will have taught."""
    for lesson in lessons:
        db.change(
            "INSERT OR REPLACE INTO lesson_of_merge VALUES (?, ?, ?, ?, ?)",
            (merge_id, lesson.key, int(recalled), lesson.text, dump(lesson.dropped)),
        )


def drop_notes(db: Database, merge_id: int) -> None:
    """Drop what was noted of a landing: it begins anew."""
    db.change("DELETE FROM lesson_of_merge WHERE merge_id = ?", (merge_id,))


def forget_lessons(db: Database, keys: Sequence[str]) -> None:
    """Forget answers that did not pass."""
    db.change("DELETE FROM lesson WHERE key IN (SELECT value FROM json_each(?))", (dump(keys),))


def forget_taught(db: Database, merge_id: int) -> None:
    """Forget what a landing taught: it was taken back."""
    db.change("DELETE FROM lesson WHERE merge_id = ?", (merge_id,))


def settle_lessons(
    db: Database, request: MergeRequest, to: MergeState, rejection: Rejection | None, at: datetime
) -> None:
    """Learn from a landing that was verified; forget what it recalled when a gate was red."""
    if to is MergeState.MERGED and request.gates and all(gate.passed for gate in request.gates):
        _learn(db, request.id, at)
    elif to is MergeState.REJECTED and rejection in _RED:
        db.change(
            "DELETE FROM lesson WHERE key IN"
            " (SELECT key FROM lesson_of_merge WHERE merge_id = ? AND recalled = 1)",
            (request.id,),
        )
    drop_notes(db, request.id)


def _learn(db: Database, merge_id: int, at: datetime) -> None:
    db.change(
        "INSERT OR REPLACE INTO lesson (key, merge_id, text, dropped, at)"
        " SELECT key, merge_id, text, dropped, ? FROM lesson_of_merge"
        " WHERE merge_id = ? AND recalled = 0",
        (text_of_time(at), merge_id),
    )
    db.change(
        "DELETE FROM lesson WHERE at < (SELECT at FROM lesson ORDER BY at DESC LIMIT 1 OFFSET ?)",
        (KEPT_LESSONS,),
    )


def _lesson(row: sqlite3.Row) -> Lesson:
    dropped = tuple((line, side, reason) for line, side, reason in json.loads(row["dropped"]))
    return Lesson(key=row["key"], text=row["text"], dropped=dropped)
