"""What is remembered of the store is what stands there: every change is told by an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.records import NOW, an_exit, later, worktree_facts
from tests.support.stored import BASE, stored_run, stored_task
from wtagents.core.ids import BranchName
from wtagents.core.run import RunState
from wtagents.core.task import TaskState, Wish
from wtagents.store.database import open_database
from wtagents.store.facts import record_facts
from wtagents.store.merges import add_merge_request
from wtagents.store.runs import move_run
from wtagents.store.standings import Standings, standings
from wtagents.store.tasks import (
    mark_removed,
    move_task,
    note_commit_asked,
    set_base,
    set_merge_when_ready,
    set_priority,
    wish_fresh,
    wish_task,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wtagents.store.database import Database

MAIN = BranchName("main")
CHANGES: dict[str, Callable[[Database, int], object]] = {
    "state": lambda db, one: move_task(db, one, TaskState.PREPARING, at=NOW),
    "wish": lambda db, one: wish_task(db, one, Wish.STOP, at=NOW),
    "fresh": lambda db, one: wish_fresh(db, one, NOW),
    "commit asked": lambda db, one: note_commit_asked(db, one, NOW),
    "merge when ready": lambda db, one: set_merge_when_ready(db, one, NOW, wanted=True),
    "base": lambda db, one: set_base(db, one, type(BASE)("2" * 40), NOW),
    "priority": lambda db, one: set_priority(db, one, NOW, priority=7),
    "merge request": lambda db, one: add_merge_request(
        db, task_id=one, target=MAIN, squash=False, skip_gate=False, at=NOW
    ),
    "look": lambda db, one: record_facts(db, one, worktree_facts(commits=9, at=later(1))),
    "late look": lambda db, one: record_facts(db, one, worktree_facts(commits=9, at=later(-30))),
    "name": lambda db, one: mark_removed(db, one, NOW),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_changed_is_read_again_and_nothing_else(
    db: Database, change: Callable[[Database, int], object]
) -> None:
    with db.write():
        one, two = stored_task(db, "one"), stored_task(db, "two")
        for task in (one, two):
            record_facts(db, task.id, worktree_facts(at=NOW))
    remembered = Standings()
    before = remembered.read(db)
    assert before == standings(db)
    assert before.keys() == {one.id, two.id}
    with db.write():
        change(db, one.id)
    after = remembered.read(db)
    assert after == standings(db)
    assert after.get(one.id) != before[one.id]
    assert after[two.id] is before[two.id]
    assert remembered.read(db) is after


def test_a_run_that_moves_is_read_again(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        run = stored_run(db, task)
    remembered = Standings()
    assert remembered.read(db)[task.id].run == run
    for state, end in ((RunState.RUNNING, {}), (RunState.EXITED, {"exit": an_exit()})):
        with db.write():
            moved = move_run(db, run.id, state, at=NOW, **end)  # type: ignore[arg-type]
        found = remembered.read(db)[task.id]
        assert (found.run, found) == (moved, standings(db)[task.id])


def test_an_older_store_that_was_brought_back_is_read_anew(db: Database, tmp_path: Path) -> None:
    with db.write():
        stored_task(db, "one")
        stored_task(db, "two")
    remembered = Standings()
    assert len(remembered.read(db)) == 2
    with open_database(tmp_path / "older.db") as older:
        with older.write():
            stored_task(older, "one")
        assert [each.task.name for each in remembered.read(older).values()] == ["one"]
