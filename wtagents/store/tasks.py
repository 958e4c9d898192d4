"""Tasks: what was asked, how far it is, and what is wished of it."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.events import EventKind
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.lifecycle import task_sources
from wtagents.core.record import replace
from wtagents.core.task import AgentSpec, Reason, Task, TaskState, Wish
from wtagents.store.columns import (
    ROWS,
    among,
    dump,
    dump_agent,
    optional_text,
    optional_time,
    parse_agent,
    text_of_time,
)
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import NotRequired, TypedDict, Unpack

    from wtagents.store.database import Database

    class NewTask(TypedDict):
        """What a person asks for."""

        name: TaskName
        prompt: str
        base: Oid
        target: BranchName
        branch: BranchName
        worktree: Path
        agent: AgentSpec
        merge_when_ready: bool
        priority: NotRequired[int]

    class TaskChanges(TypedDict, total=False):
        """What a move may set.

        `reason`, `detail` and `not_before` belong to one state: left out, they are cleared.
        `attempts`, `fresh` and `commit_asked` outlive it: left out, they stay.
        """

        reason: Reason | None
        detail: str
        not_before: datetime | None
        attempts: int
        fresh: bool
        commit_asked: bool


_TAKEN = "SELECT * FROM task WHERE removed_at IS NULL"


def add_task(db: Database, *, at: datetime, **new: Unpack[NewTask]) -> Task:
    """Record a new task as queued.

    Raises StateError when the name is taken or git cannot hold its branch beside a taken one.
    """
    require_free_name(db, new["name"])
    now = text_of_time(at)
    row = db.change(
        "INSERT INTO task (name, folded, state, wish, reason, detail, prompt, base, target, branch,"
        " worktree, agent, merge_when_ready, attempts, fresh, commit_asked, not_before, created_at,"
        " changed_at, removed_at, priority) VALUES (:name, :folded, :state, :wish, NULL, '',"
        " :prompt, :base, :target, :branch, :worktree, :agent, :merge_when_ready, 0, 0, 0, NULL,"
        " :now, :now, NULL, :priority)"
        " RETURNING *",
        {"priority": 0}
        | new
        | {
            "folded": new["name"].folded,
            "state": TaskState.QUEUED,
            "wish": Wish.WORK,
            "worktree": str(new["worktree"]),
            "agent": dump_agent(new["agent"]),
            "now": now,
        },
    )
    task = _task(_present(row))
    data = {"name": task.name, "merge_when_ready": task.merge_when_ready}
    add_event(db, EventKind.TASK_ADDED, at=at, task_id=task.id, data=data)
    return task


def require_free_name(db: Database, name: TaskName) -> None:
    for row in db.rows("SELECT name, state FROM task WHERE removed_at IS NULL"):
        other = TaskName(row["name"])
        if other == name:
            raise StateError(
                f"the name {name} is taken by a task that is {row['state']}",
                hint=f"choose another name, or go on with it: wta send {name} '…'",
            )
        if other.folded == name.folded:
            raise StateError(
                f"the name {name} is too close to the task {other}",
                cause="names must differ by more than capitals and '/' against '-'",
                hint="choose another name",
            )
        if name.nests_with(other):
            raise StateError(
                f"the name {name} does not fit beside the task {other}",
                cause=f"git cannot hold the branches wta/{other} and wta/{name} at once",
                hint="choose another name",
            )


def tasks(db: Database, *, removed: bool = False, ids: Iterable[int] | None = None) -> list[Task]:
    """Return the tasks whose name is taken, oldest first; with `removed` all there ever were."""
    which, parameters = among("id", ids)
    named = "" if removed else " AND removed_at IS NULL"
    sql = f"SELECT * FROM task WHERE true{named}{which} ORDER BY id"  # noqa: S608
    return [_task(row) for row in db.rows(sql, parameters)]


def task_by_id(db: Database, task_id: int) -> Task | None:
    """Return a task, removed or not."""
    row = db.row("SELECT * FROM task WHERE id = ?", (task_id,))
    return None if row is None else _task(row)


def require_task_by_id(db: Database, task_id: int) -> Task:
    """Return a task, removed or not. Raises NotFoundError."""
    task = task_by_id(db, task_id)
    if task is None:
        raise NotFoundError(f"no task {task_id}", hint="see all: wta status")
    return task


def task_by_name(db: Database, name: str) -> Task | None:
    """Return the task that has this name now."""
    row = db.row(f"{_TAKEN} AND name = ?", (name,))
    return None if row is None else _task(row)


def require_task(db: Database, name: str) -> Task:
    """Return the task that has this name now.

    Raises NotFoundError with the closest names.
    """
    task = task_by_name(db, name)
    if task is None:
        raise NotFoundError(f"no task {name!r}", hint=_closest(db, name))
    return task


def removed_task(db: Database, name: str) -> Task | None:
    """Return the latest task of this name whose worktree went to the trash."""
    row = db.row(
        "SELECT * FROM task WHERE name = ? AND removed_at IS NOT NULL"
        " ORDER BY removed_at DESC, id DESC LIMIT 1",
        (name,),
    )
    return None if row is None else _task(row)


def gone_tasks(db: Database, *, before: datetime) -> list[Task]:
    """Return the tasks whose names are free since then and of which nothing lies in the trash."""
    rows = db.rows(
        "SELECT * FROM task WHERE removed_at <= ? AND NOT EXISTS (SELECT 1 FROM trash"
        " WHERE task_id = task.id AND restored_at IS NULL AND swept_at IS NULL) ORDER BY id",
        (text_of_time(before),),
    )
    return [_task(row) for row in rows]


def note_forgotten(db: Database, task_id: int, at: datetime, *, left: dict[str, int]) -> None:
    """Record that what a gone task had left was deleted: how many of each kind."""
    add_event(db, EventKind.TASK_FORGOTTEN, at=at, task_id=task_id, data=left)


def _closest(db: Database, name: str) -> str:
    from difflib import get_close_matches

    names = [row["name"] for row in db.rows("SELECT name FROM task WHERE removed_at IS NULL")]
    close = get_close_matches(name, names, n=3)
    if close:
        return f"meant {' or '.join(close)}? see all: wta status"
    return "see all: wta status" if names else "make one: wta spawn NAME 'what to do'"


def move_task(
    db: Database,
    task_id: int,
    to: TaskState,
    *,
    at: datetime,
    expected: tuple[TaskState, ...] | None = None,
    removed: bool = False,
    **changes: Unpack[TaskChanges],
) -> Task | None:
    """Move a task on, if it still is where the move starts; None when somebody was faster.

    `expected` narrows the sources that `core/lifecycle.py` draws; it never adds one. A task that
    was cleaned up moves only with `removed`.
    """
    before = task_by_id(db, task_id)
    sources = task_sources(to)
    if expected is not None:
        sources = tuple(state for state in sources if state in expected)
    row = db.change(
        "UPDATE task SET state = :to, reason = :reason, detail = :detail, not_before = :not_before,"
        " attempts = coalesce(:attempts, attempts),"
        " fresh = coalesce(:fresh, fresh),"
        " commit_asked = coalesce(:commit_asked, commit_asked), changed_at = :now"
        " WHERE id = :id AND (removed_at IS NULL OR :removed)"
        " AND state IN (SELECT value FROM json_each(:sources)) RETURNING *",
        {
            "id": task_id,
            "to": to,
            "sources": dump(sources),
            "removed": removed,
            "reason": changes.get("reason"),
            "detail": changes.get("detail", ""),
            "not_before": optional_text(changes.get("not_before")),
            "attempts": changes.get("attempts"),
            "fresh": changes.get("fresh"),
            "commit_asked": changes.get("commit_asked"),
            "now": text_of_time(at),
        },
    )
    if row is None or before is None:
        return None
    task = _task(row)
    data = {"from": before.state, "to": to, "reason": task.reason, "detail": task.detail}
    if task.not_before is not None:
        data["not_before"] = text_of_time(task.not_before)
    add_event(db, EventKind.TASK_MOVED, at=at, task_id=task_id, data=data)
    return task


def wish_task(
    db: Database,
    task_id: int,
    wish: Wish,
    at: datetime,
    *,
    fresh: bool | None = None,
    at_once: bool = False,
) -> Task:
    """Record what a person wants of the task; to let it work forgets earlier failures.

    `fresh` makes its next run begin a new conversation, `at_once` ends a pause before it.
    """
    forgives = wish is Wish.WORK
    row = db.change(
        "UPDATE task SET wish = :wish, changed_at = :now,"
        " attempts = iif(:forgives, 0, attempts), commit_asked = iif(:forgives, 0, commit_asked),"
        " fresh = coalesce(:fresh, fresh), not_before = iif(:at_once, NULL, not_before)"
        " WHERE id = :id RETURNING *",
        {
            "id": task_id,
            "wish": wish,
            "now": text_of_time(at),
            "forgives": forgives,
            "fresh": fresh,
            "at_once": at_once,
        },
    )
    task = _task(_present(row))
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data={"wish": wish})
    return task


def wish_fresh(db: Database, task_id: int, at: datetime) -> Task:
    """Record that the next run begins a new conversation; earlier failures stay counted."""
    row = db.change(
        "UPDATE task SET fresh = 1, changed_at = ? WHERE id = ? RETURNING *",
        (text_of_time(at), task_id),
    )
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data={"fresh": True})
    return _task(_present(row))


def note_commit_asked(db: Database, task_id: int, at: datetime) -> Task:
    """Record that the agent of an active task is asked to commit: once, until a person speaks."""
    row = db.change(
        "UPDATE task SET commit_asked = 1, changed_at = ? WHERE id = ? RETURNING *",
        (text_of_time(at), task_id),
    )
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data={"commit_asked": True})
    return _task(_present(row))


def set_merge_when_ready(db: Database, task_id: int, at: datetime, *, wanted: bool) -> Task:
    """Record whether the task is to land by itself."""
    row = db.change(
        "UPDATE task SET merge_when_ready = ?, changed_at = ? WHERE id = ? RETURNING *",
        (wanted, text_of_time(at), task_id),
    )
    task = _task(_present(row))
    data = {"merge_when_ready": wanted}
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data=data)
    return task


def queued(db: Database, *, now: datetime) -> tuple[tuple[int, int], ...]:
    """Return negative priority and id of the tasks that could start now, first to last."""
    rows = db.rows(
        f"{_TAKEN} AND state = ? AND wish = ? ORDER BY -priority, id",
        (TaskState.QUEUED, Wish.WORK),
    )
    waiting = (_task(row) for row in rows)
    return tuple((-task.priority, task.id) for task in waiting if not task.rests_until_later(now))


def set_base(db: Database, task_id: int, base: Oid, at: datetime) -> Task:
    """Record where the branch of a task begins that was not made yet."""
    row = db.change("UPDATE task SET base = ? WHERE id = ? RETURNING *", (base, task_id))
    task = _task(_present(row))
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data={"base": base})
    return task


def set_priority(db: Database, task_id: int, at: datetime, *, priority: int) -> Task:
    """Record how urgent a task is."""
    row = db.change("UPDATE task SET priority = ? WHERE id = ? RETURNING *", (priority, task_id))
    task = _task(_present(row))
    add_event(db, EventKind.TASK_WISHED, at=at, task_id=task_id, data={"priority": priority})
    return task


def mark_removed(db: Database, task_id: int, at: datetime) -> Task | None:
    """Free the name; None when it is free already, or a run or merge request still lives."""
    row = db.change(
        "UPDATE task SET removed_at = :now, changed_at = :now"
        " WHERE id = :id AND removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM run"
        "  WHERE task_id = :id AND state IN ('starting', 'running', 'stopping'))"
        " AND NOT EXISTS (SELECT 1 FROM merge_request WHERE task_id = :id"
        "  AND state IN ('waiting', 'replaying', 'resolving', 'gating', 'advancing')) RETURNING *",
        {"id": task_id, "now": text_of_time(at)},
    )
    if row is None:
        return None
    add_event(db, EventKind.TASK_REMOVED, at=at, task_id=task_id)
    return _task(row)


def restore_task(db: Database, task_id: int, at: datetime) -> Task | None:
    """Take the name again; None when it was never given up.

    Raises StateError when another task has taken it since.
    """
    before = task_by_id(db, task_id)
    if before is None or before.removed_at is None:
        return None
    require_free_name(db, before.name)
    db.change(
        "UPDATE task SET removed_at = NULL, changed_at = ? WHERE id = ?",
        (text_of_time(at), task_id),
    )
    add_event(db, EventKind.TASK_RESTORED, at=at, task_id=task_id)
    return replace(before, removed_at=None, changed_at=at)


def _present(row: sqlite3.Row | None) -> sqlite3.Row:
    if row is None:
        raise LookupError("no task with this id")
    return row


@lru_cache(maxsize=ROWS)
def _task(row: sqlite3.Row) -> Task:
    return Task(
        id=row["id"],
        name=TaskName(row["name"]),
        state=TaskState(row["state"]),
        wish=Wish(row["wish"]),
        reason=None if row["reason"] is None else Reason(row["reason"]),
        detail=row["detail"],
        prompt=row["prompt"],
        base=Oid(row["base"]),
        target=BranchName(row["target"]),
        branch=BranchName(row["branch"]),
        worktree=Path(row["worktree"]),
        agent=parse_agent(row["agent"]),
        merge_when_ready=bool(row["merge_when_ready"]),
        attempts=row["attempts"],
        fresh=bool(row["fresh"]),
        commit_asked=bool(row["commit_asked"]),
        not_before=optional_time(row["not_before"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
        removed_at=optional_time(row["removed_at"]),
        priority=row["priority"],
    )
