"""The schema says the same as core, and refuses what core would never write."""

from __future__ import annotations

import re
import sqlite3
from enum import StrEnum
from pathlib import Path

import pytest

from tests.support.records import NOW
from tests.support.stored import stored_run, stored_task
from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.undo import UndoState
from wtagents.core.lifecycle import LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.message import MessageKind, Sender
from wtagents.core.run import RunState
from wtagents.core.task import TaskState, Wish
from wtagents.store import tasks as tasks_module
from wtagents.store.database import Database

CHECKED: dict[tuple[str, str], type[StrEnum]] = {
    ("task", "state"): TaskState,
    ("task", "wish"): Wish,
    ("run", "state"): RunState,
    ("message", "kind"): MessageKind,
    ("message", "sender"): Sender,
    ("merge_request", "state"): MergeState,
    ("undo", "state"): UndoState,
}
LISTS = re.compile(r"(\w+) IN \(\s*('[^)]*')\s*\)")
"""`column IN ('a', 'b')`; the words in brackets."""


def words(listed: str) -> list[str]:
    return re.findall(r"'([^']*)'", listed)


def checks(db: Database) -> dict[tuple[str, str], list[str]]:
    """Return the words that each CHECK of a table allows, by table and column."""
    return {
        (row["name"], column): words(listed)
        for row in db.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        for column, listed in LISTS.findall(row["sql"])
    }


def test_each_check_lists_its_enum(db: Database) -> None:
    assert checks(db) == {key: [word.value for word in kind] for key, kind in CHECKED.items()}


def test_the_indexes_list_what_is_alive(db: Database) -> None:
    rows = db.rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
    listed = {row["name"]: set(words(found[2])) for row in rows if (found := LISTS.search(row[1]))}
    assert listed == {
        "run_live": set(LIVE_RUN_STATES),
        "merge_request_live": set(LIVE_MERGE_STATES),
    }


def test_a_removal_looks_for_what_is_alive() -> None:
    source = Path(str(tasks_module.__file__)).read_text(encoding="utf-8")
    listed = [set(words(found)) for _, found in LISTS.findall(source)]
    assert listed == [set(LIVE_RUN_STATES), set(LIVE_MERGE_STATES)]


def test_every_table_is_strict(db: Database) -> None:
    tables = db.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    own = [row for row in tables if not row["name"].startswith("sqlite_")]
    assert [row["name"] for row in own if not row["sql"].endswith("STRICT")] == []
    assert len(own) == 28


@pytest.mark.parametrize(
    ("sql", "refusal"),
    [
        ("UPDATE event SET actor = 'me'", "events are never edited"),
        ("DELETE FROM event", "events are never deleted"),
        ("INSERT OR REPLACE INTO event SELECT * FROM event", "events are never replaced"),
        ("UPDATE task SET state = 'asleep'", "CHECK constraint failed: state IN"),
        ("UPDATE task SET attempts = -1", "CHECK constraint failed: attempts >= 0"),
        ("UPDATE task SET attempts = 'many'", "cannot store TEXT value in INTEGER column"),
        ("UPDATE run SET task_id = 99", "FOREIGN KEY constraint failed"),
        ("DELETE FROM task", "FOREIGN KEY constraint failed"),
        (
            (
                "INSERT INTO run SELECT id || 'b', task_id, 2, state, session_id, resumes, prompt,"
                " runner, created_at, ended_at, stop_deadline, exit, account, model, NULL,"
                " NULL, 'work' FROM run"
            ),
            "UNIQUE constraint failed: run.task_id",
        ),
        (
            (
                "INSERT INTO task (id, name, folded, state, wish, detail, prompt, base, target,"
                " branch, worktree, agent, merge_when_ready, attempts, fresh, commit_asked,"
                " created_at, changed_at) SELECT 2, 'FIX-login', folded, state, wish, detail,"
                " prompt, base, target, branch, worktree, agent, merge_when_ready, attempts, fresh,"
                " commit_asked, created_at, changed_at FROM task"
            ),
            "UNIQUE constraint failed: task.folded",
        ),
    ],
)
def test_the_schema_refuses(db: Database, sql: str, refusal: str) -> None:
    with db.write():
        stored_run(db, stored_task(db), at=NOW)
    with pytest.raises(sqlite3.IntegrityError, match=re.escape(refusal)), db.write():
        db.change(sql)
    assert [row[0] for row in db.rows("SELECT count(*) FROM event")] == [2]
