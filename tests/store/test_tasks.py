from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.records import NOW, a_task, later
from tests.support.stored import ended_run, stored_run, stored_task
from wtagents.core.errors import ExitCode, NotFoundError, StateError
from wtagents.core.ids import BranchName
from wtagents.core.landing.merge import MergeState
from wtagents.core.run import RunState
from wtagents.core.task import AgentKind, AgentSpec, TaskState, Wish
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.merges import add_merge_request, move_merge_request
from wtagents.store.runs import move_run
from wtagents.store.tasks import (
    mark_removed,
    move_task,
    removed_task,
    require_task,
    restore_task,
    set_merge_when_ready,
    task_by_id,
    task_by_name,
    tasks,
    wish_task,
)


def test_a_task_is_what_was_asked(db: Database) -> None:
    with db.write():
        task = stored_task(db)
    assert task == a_task()
    assert task_by_id(db, task.id) == task_by_name(db, "fix-login") == task
    event = events_of(db)[0]
    assert (event.kind, event.at, event.actor, event.task_id, event.data) == (
        "task.added",
        NOW,
        "cli",
        1,
        {"name": "fix-login", "merge_when_ready": False},
    )


def test_odd_words_come_back_as_they_were(db: Database) -> None:
    agent = AgentSpec(
        kind=AgentKind.COMMAND,
        argv=("sh", "-c", "echo '{prompt}'"),
        model="opus",
        permission_mode="plan",
        max_turns=3,
        budget_usd=0.5,
        timeout_seconds=1.5,
    )
    prompt = "'; DROP TABLE task; --\n\x00\x1b[31m\u202e…🙂" + "x" * 1_000_000
    with db.write():
        task = stored_task(db, agent=agent, prompt=prompt, worktree=Path("/a b/'c'"))
    assert (task.agent, task.prompt, task.worktree) == (agent, prompt, Path("/a b/'c'"))
    assert task_by_id(db, task.id) == task


def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    with pytest.raises(ValueError, match="a time without a zone"), db.write():
        stored_task(db, at=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("taken", "name", "message", "cause", "hint"),
    [
        (
            "fix",
            "fix",
            "the name fix is taken by a task that is queued",
            "",
            "choose another name, or go on with it: wta send fix '…'",
        ),
        (
            "fix/login",
            "Fix-Login",
            "the name Fix-Login is too close to the task fix/login",
            "names must differ by more than capitals and '/' against '-'",
            "choose another name",
        ),
        (
            "feat",
            "Feat/x",
            "the name Feat/x does not fit beside the task feat",
            "git cannot hold the branches wta/feat and wta/Feat/x at once",
            "choose another name",
        ),
        (
            "feat/x",
            "feat",
            "the name feat does not fit beside the task feat/x",
            "git cannot hold the branches wta/feat/x and wta/feat at once",
            "choose another name",
        ),
    ],
)
def test_a_name_that_is_taken(
    db: Database, taken: str, name: str, message: str, cause: str, hint: str
) -> None:
    with db.write():
        stored_task(db, taken)
    with pytest.raises(StateError) as caught, db.write():
        stored_task(db, name)
    error = caught.value
    assert (error.message, error.cause, error.hint) == (message, cause, hint)
    assert error.exit_code is ExitCode.STATE


def test_a_name_nobody_has(db: Database) -> None:
    def hint(name: str) -> str:
        with pytest.raises(NotFoundError) as caught:
            require_task(db, name)
        assert caught.value.message == f"no task {name!r}"
        return caught.value.hint

    assert hint("fix-login") == "make one: wta spawn NAME 'what to do'"
    with db.write():
        stored_task(db, "fix-login")
        stored_task(db, "fix-logout")
    assert hint("fix-logn") == "meant fix-login or fix-logout? see all: wta status"
    assert hint("zzz") == "see all: wta status"
    assert require_task(db, "fix-login").id == 1


def test_a_wish_is_not_a_state(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        move_task(db, task.id, TaskState.ACTIVE, at=NOW, attempts=2, commit_asked=True)
        stop = wish_task(db, task.id, Wish.STOP, later(1))
        work = wish_task(db, task.id, Wish.WORK, later(2))
        land = set_merge_when_ready(db, task.id, later(3), wanted=True)
    assert stop == replace(
        task,
        state=TaskState.ACTIVE,
        wish=Wish.STOP,
        attempts=2,
        commit_asked=True,
        changed_at=later(1),
    )
    assert work == replace(
        stop, wish=Wish.WORK, attempts=0, commit_asked=False, changed_at=later(2)
    )
    assert land == replace(work, merge_when_ready=True, changed_at=later(3))
    assert [event.data for event in events_of(db)[2:]] == [
        {"wish": "stop"},
        {"wish": "work"},
        {"merge_when_ready": True},
    ]


def test_a_wish_of_nobody_is_a_defect(db: Database) -> None:
    with pytest.raises(LookupError), db.write():
        wish_task(db, 7, Wish.STOP, NOW)
    with pytest.raises(LookupError), db.write():
        set_merge_when_ready(db, 7, NOW, wanted=True)
    assert events_of(db) == []


def test_a_removed_task_gives_its_name_free(db: Database) -> None:
    with db.write():
        first = stored_task(db)
        removed = mark_removed(db, first.id, later(1))
        assert mark_removed(db, first.id, later(2)) is None
        second = stored_task(db)
    assert removed == replace(first, removed_at=later(1), changed_at=later(1))
    assert removed_task(db, "fix-login") == removed
    assert require_task(db, "fix-login") == second
    assert tasks(db) == [second]
    assert tasks(db, removed=True) == [removed, second]


def test_what_lives_is_not_removed(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        run = stored_run(db, task)
        assert mark_removed(db, task.id, NOW) is None
        move_run(db, run.id, RunState.LOST, at=NOW)
        request = add_merge_request(
            db, task_id=task.id, target=BranchName("main"), squash=False, skip_gate=False, at=NOW
        )
        assert mark_removed(db, task.id, NOW) is None
        move_merge_request(db, request.id, MergeState.WITHDRAWN, at=NOW)
        ended_run(db, task)
        assert mark_removed(db, task.id, NOW) is not None


def test_a_task_comes_back(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        assert restore_task(db, task.id, later(1)) is None
        mark_removed(db, task.id, later(1))
        restored = restore_task(db, task.id, later(2))
        assert restore_task(db, 7, later(2)) is None
    assert restored == replace(task, changed_at=later(2))
    assert require_task(db, "fix-login") == restored
    assert [event.kind for event in events_of(db)] == [
        "task.added",
        "task.removed",
        "task.restored",
    ]


def test_a_task_does_not_come_back_over_another(db: Database) -> None:
    with db.write():
        task = stored_task(db, "feat")
        mark_removed(db, task.id, NOW)
        stored_task(db, "feat/x")
    with pytest.raises(StateError, match="the name feat does not fit beside the task feat/x"):
        restore_in_block(db, task.id)
    assert [each.name for each in tasks(db)] == ["feat/x"]


def restore_in_block(db: Database, task_id: int) -> None:
    with db.write():
        restore_task(db, task_id, NOW)
