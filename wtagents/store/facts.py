"""The last look at each worktree: a cache, so that `wta status` need not ask git."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.ids import BranchName, Oid
from wtagents.core.worktree import WorktreeFacts
from wtagents.store.columns import among, text_of_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from wtagents.store.database import Database


def record_facts(db: Database, task_id: int, seen: WorktreeFacts) -> None:
    """Keep the latest look at a task's worktree. `db.write(durable=False)` is enough for it."""
    db.change(
        "INSERT OR REPLACE INTO worktree_facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            task_id,
            seen.head,
            seen.branch,
            seen.commits,
            seen.files_changed,
            seen.insertions,
            seen.deletions,
            seen.uncommitted,
            seen.operation,
            seen.signature,
            text_of_time(seen.at),
        ),
    )


def facts(db: Database, ids: Iterable[int] | None = None) -> dict[int, WorktreeFacts]:
    """Return the latest look at each worktree, or at some of them, by task id."""
    which, parameters = among("task_id", ids)
    rows = db.rows(f"SELECT * FROM worktree_facts WHERE true{which}", parameters)  # noqa: S608
    return {row["task_id"]: _facts(row) for row in rows}


def looks(db: Database, *, since: datetime | None) -> dict[int, datetime]:
    """Return when worktrees were looked at, by task id: all, or those of later looks."""
    rows = db.rows(
        "SELECT task_id, at FROM worktree_facts WHERE at >= ?",
        ("" if since is None else text_of_time(since),),
    )
    return {row["task_id"]: datetime.fromisoformat(row["at"]) for row in rows}


def _facts(row: sqlite3.Row) -> WorktreeFacts:
    return WorktreeFacts(
        head=Oid(row["head"]),
        branch=None if row["branch"] is None else BranchName(row["branch"]),
        commits=row["commits"],
        files_changed=row["files_changed"],
        insertions=row["insertions"],
        deletions=row["deletions"],
        uncommitted=row["uncommitted"],
        operation=row["operation"],
        signature=row["signature"],
        at=datetime.fromisoformat(row["at"]),
    )
