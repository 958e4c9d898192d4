"""The last look at each worktree: a cache, so that `wta status` need not ask git."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.ids import BranchName, Oid
from wtagents.core.worktree import WorktreeFacts
from wtagents.store.columns import text_of_time

if TYPE_CHECKING:
    import sqlite3

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


def facts(db: Database) -> dict[int, WorktreeFacts]:
    """Return the latest look at each worktree, by task id."""
    return {row["task_id"]: _facts(row) for row in db.rows("SELECT * FROM worktree_facts")}


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
