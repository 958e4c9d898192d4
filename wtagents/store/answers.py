"""What a person made of the conflicts of a task, until it lands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.landing.answers import PersonAnswer
from wtagents.core.landing.lessons import Lesson
from wtagents.store.columns import dump

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.store.database import Database


def add_answers(
    db: Database, task_id: int, answers: Iterable[PersonAnswer], lessons: Iterable[Lesson]
) -> None:
    """Keep what a person made; a later answer to the same conflict replaces the earlier one."""
    for each in answers:
        db.change(
            "INSERT OR REPLACE INTO person_answer VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                task_id,
                each.key,
                each.path,
                each.mode,
                each.blob,
                each.before,
                dump(each.dropped),
            ),
        )
    for lesson in lessons:
        db.change(
            "INSERT OR REPLACE INTO person_lesson VALUES (?, ?, ?, ?)",
            (task_id, lesson.key, lesson.text, dump(lesson.dropped)),
        )


def answers_of(db: Database, task_id: int) -> list[PersonAnswer]:
    """Return all answers of a task."""
    rows = db.rows("SELECT * FROM person_answer WHERE task_id = ? ORDER BY path", (task_id,))
    return [
        PersonAnswer(
            key=row["key"],
            path=row["path"],
            mode=row["mode"],
            blob=Oid(row["blob"]) if row["blob"] else None,
            before=row["before"],
            dropped=_triples(row["dropped"]),
        )
        for row in rows
    ]


def lessons_of(db: Database, task_id: int) -> dict[str, Lesson]:
    """Return the answers of a task hunk by hunk, by key."""
    rows = db.rows("SELECT * FROM person_lesson WHERE task_id = ?", (task_id,))
    return {
        row["key"]: Lesson(key=row["key"], text=row["text"], dropped=_triples(row["dropped"]))
        for row in rows
    }


def drop_answers(db: Database, task_id: int) -> None:
    """Forget them: the task has landed, or the person gave them up."""
    db.change("DELETE FROM person_answer WHERE task_id = ?", (task_id,))
    db.change("DELETE FROM person_lesson WHERE task_id = ?", (task_id,))


def _triples(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((line, side, reason) for line, side, reason in json.loads(text))
