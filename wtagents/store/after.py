"""Which tasks land after which others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.store.columns import dump
from wtagents.store.tasks import require_task_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.task import Task
    from wtagents.store.database import Database


def add_after(
    db: Database, task_id: int, after_ids: Iterable[int], *, foundation: int | None = None
) -> None:
    """Let a task land after others, and start from one of them; again changes nothing."""
    for after_id in after_ids:
        db.change(
            "INSERT OR IGNORE INTO task_after (task_id, after_id, starts_from) VALUES (?, ?, ?)",
            (task_id, after_id, after_id == foundation),
        )


def foundation_of(db: Database, task_id: int) -> Task | None:
    """Return the task from whose branch a task starts."""
    row = db.row("SELECT after_id FROM task_after WHERE task_id = ? AND starts_from", (task_id,))
    return None if row is None else require_task_by_id(db, row["after_id"])


def unfounded(db: Database) -> tuple[tuple[int, str], ...]:
    """Return the tasks that wait for the branch they start from, and why, in words."""
    rows = db.rows(
        "SELECT task_id, other.name, other.state FROM task_after JOIN task ON task.id = task_id"
        " JOIN task AS other ON other.id = after_id WHERE starts_from"
        " AND task.removed_at IS NULL AND task.state = 'queued'"
        " AND other.state NOT IN ('ready', 'merging', 'merged')"
        " AND NOT EXISTS (SELECT 1 FROM run WHERE run.task_id = task.id)"
    )
    return tuple((row["task_id"], f"{row['name']}, which is {row['state']}") for row in rows)


def tasks_waiting_for(db: Database, task_id: int) -> list[Task]:
    """Return the tasks that have yet to land after a task."""
    rows = db.rows(
        "SELECT task_id FROM task_after JOIN task ON task.id = task_id WHERE after_id = ?"
        " AND removed_at IS NULL AND state NOT IN ('merged', 'cancelled') ORDER BY task_id",
        (task_id,),
    )
    return [require_task_by_id(db, row["task_id"]) for row in rows]


def blocked_tasks(db: Database) -> frozenset[int]:
    """Return the tasks that land after another one which has not ended."""
    rows = db.rows(
        "SELECT DISTINCT task_id FROM task_after JOIN task ON task.id = after_id"
        " WHERE task.state NOT IN (SELECT value FROM json_each(?))",
        (dump(sorted(ENDED_TASK_STATES)),),
    )
    return frozenset(row["task_id"] for row in rows)


def unlanded(db: Database) -> dict[int, Task]:
    """Return, of what each task lands after, one that has not ended: one at rest before others."""
    rows = db.rows(
        "SELECT task_id, after_id FROM task_after JOIN task ON task.id = after_id"
        " WHERE task.state NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY task.state IN ('failed', 'stopped'), after_id DESC",
        (dump(sorted(ENDED_TASK_STATES)),),
    )
    found = {row["task_id"]: row["after_id"] for row in rows}
    return {task_id: require_task_by_id(db, after_id) for task_id, after_id in found.items()}


def tasks_after(db: Database, task_id: int) -> list[Task]:
    """Return the tasks that a task lands after."""
    rows = db.rows(
        "SELECT after_id FROM task_after WHERE task_id = ? ORDER BY after_id", (task_id,)
    )
    return [require_task_by_id(db, row["after_id"]) for row in rows]


def all_after(db: Database) -> dict[int, frozenset[int]]:
    """Return what each task lands after, landed or not, by task id."""
    found: dict[int, frozenset[int]] = {}
    for row in db.rows("SELECT task_id, after_id FROM task_after"):
        found[row["task_id"]] = found.get(row["task_id"], frozenset()) | {row["after_id"]}
    return found
