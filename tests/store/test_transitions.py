"""Every pair of states: drawn arrows work once, everything else is refused without a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.records import NOW, RUNNER, an_exit, later
from tests.support.stored import BASE, stored_run, stored_task
from wtagents.core.ids import BranchName
from wtagents.core.landing.merge import GateResult, MergeRequest, MergeState, Rejection
from wtagents.core.lifecycle import (
    LIVE_RUN_STATES,
    MERGE_ARROWS,
    RUN_ARROWS,
    TASK_ARROWS,
    task_sources,
)
from wtagents.core.run import ExitReason, Run, RunState
from wtagents.core.task import Reason, Task, TaskState
from wtagents.store.database import Database
from wtagents.store.events import events_of
from wtagents.store.merges import add_merge_request, merge_request_by_id, move_merge_request
from wtagents.store.runs import move_run, run_by_id
from wtagents.store.tasks import move_task, task_by_id


def put(db: Database, table: str, row_id: object, state: str) -> None:
    """Set a state without asking whether an arrow leads there."""
    db.change(f"UPDATE {table} SET state = ? WHERE id = ?", (state, row_id))  # noqa: S608


def new_merge(db: Database, task: Task) -> MergeRequest:
    return add_merge_request(
        db, task_id=task.id, target=BranchName("main"), squash=False, skip_gate=False, at=NOW
    )


def tried(db: Database, move: Callable[[], Task | Run | MergeRequest | None]) -> str | None:
    """Try a move; return what its event says, None when it was refused without one."""
    before = len(events_of(db))
    moved = move()
    events = events_of(db)[before:]
    if moved is None:
        assert events == []
        return None
    assert [event.at for event in events] == [later(1)]
    return f"{events[0].data['from']} → {events[0].data['to']} = {moved.state}"


def expected(source: str, to: str, *, drawn: bool) -> str | None:
    return f"{source} → {to} = {to}" if drawn else None


@pytest.mark.parametrize("source", TaskState)
def test_tasks(db: Database, source: TaskState) -> None:
    for to in TaskState:
        with db.write():
            task = stored_task(db, f"{source}-{to}")
            put(db, "task", task.id, source)
            found = tried(db, lambda: move_task(db, task.id, to, at=later(1)))  # noqa: B023
        assert found == expected(source, to, drawn=to in TASK_ARROWS[source])
        stored = task_by_id(db, task.id)
        assert stored is not None
        assert stored.state is (to if found else source)


@pytest.mark.parametrize("source", RunState)
def test_runs(db: Database, source: RunState) -> None:
    for to in RunState:
        with db.write():
            run = stored_run(db, stored_task(db, f"{source}-{to}"))
            put(db, "run", run.id, source)
            found = tried(db, lambda: move_run(db, run.id, to, at=later(1)))  # noqa: B023
        assert found == expected(source, to, drawn=to in RUN_ARROWS[source])
        stored = run_by_id(db, run.id)
        assert stored is not None
        assert stored.state is (to if found else source)
        assert (stored.ended_at == later(1)) is bool(found and to not in LIVE_RUN_STATES)


@pytest.mark.parametrize("source", MergeState)
def test_merge_requests(db: Database, source: MergeState) -> None:
    for to in MergeState:
        with db.write():
            request = new_merge(db, stored_task(db, f"{source}-{to}"))
            put(db, "merge_request", request.id, source)
            found = tried(db, lambda: move_merge_request(db, request.id, to, at=later(1)))  # noqa: B023
        assert found == expected(source, to, drawn=to in MERGE_ARROWS[source])
        stored = merge_request_by_id(db, request.id)
        assert stored is not None
        assert stored.state is (to if found else source)


def test_nothing_moves_that_is_not_there(db: Database) -> None:
    with db.write():
        assert move_task(db, 1, TaskState.ACTIVE, at=NOW) is None
        assert move_run(db, "nobody", RunState.RUNNING, at=NOW) is None
        assert move_merge_request(db, 1, MergeState.REPLAYING, at=NOW) is None
    assert events_of(db) == []


def test_what_is_expected_narrows_the_sources_and_adds_none(db: Database) -> None:
    assert TaskState.QUEUED in task_sources(TaskState.ACTIVE)
    assert TaskState.MERGED not in task_sources(TaskState.ACTIVE)
    with db.write():
        task = stored_task(db)
        narrow, wide = (TaskState.PREPARING,), (TaskState.MERGED, TaskState.QUEUED)
        assert move_task(db, task.id, TaskState.ACTIVE, at=NOW, expected=narrow) is None
        assert move_task(db, task.id, TaskState.ACTIVE, at=NOW, expected=()) is None
        assert move_task(db, task.id, TaskState.ACTIVE, at=NOW, expected=wide) is not None
        put(db, "task", task.id, TaskState.MERGED)
        assert move_task(db, task.id, TaskState.ACTIVE, at=NOW, expected=wide) is None


def test_a_removed_task_does_not_move(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        db.change("UPDATE task SET removed_at = created_at WHERE id = ?", (task.id,))
        assert move_task(db, task.id, TaskState.ACTIVE, at=NOW) is None


def test_a_task_keeps_what_outlives_a_state_and_forgets_the_rest(db: Database) -> None:
    with db.write():
        task = stored_task(db)
        failed = move_task(
            db,
            task.id,
            TaskState.FAILED,
            at=later(1),
            reason=Reason.LOST,
            detail="the runner is gone",
            not_before=later(60),
            attempts=2,
            fresh=True,
            commit_asked=True,
        )
        queued = move_task(db, task.id, TaskState.QUEUED, at=later(2))
    assert failed == replace(
        task,
        state=TaskState.FAILED,
        reason=Reason.LOST,
        detail="the runner is gone",
        not_before=later(60),
        attempts=2,
        fresh=True,
        commit_asked=True,
        changed_at=later(1),
    )
    assert queued == replace(
        failed,
        state=TaskState.QUEUED,
        reason=None,
        detail="",
        not_before=None,
        changed_at=later(2),
    )
    assert task_by_id(db, task.id) == queued


def test_a_run_keeps_what_it_was_told(db: Database) -> None:
    end = an_exit(
        ExitReason.RATE_LIMITED,
        detail="till noon",
        denials=("Bash: git push",),
        retry_at=later(3600),
        at=later(9),
    )
    with db.write():
        run = stored_run(db, stored_task(db))
        move_run(db, run.id, RunState.RUNNING, at=later(1), runner=RUNNER)
        move_run(db, run.id, RunState.STOPPING, at=later(2), stop_deadline=later(12))
        ended = move_run(db, run.id, RunState.EXITED, at=later(10), exit=end)
    assert ended == replace(
        run,
        state=RunState.EXITED,
        runner=RUNNER,
        stop_deadline=later(12),
        ended_at=later(9),
        exit=end,
    )
    assert run_by_id(db, run.id) == ended
    assert events_of(db)[-1].data == {
        "from": "stopping",
        "to": "exited",
        "reason": "rate_limited",
        "detail": "till noon",
    }


def test_a_merge_request_changes_only_what_is_given(db: Database) -> None:
    gate = GateResult(command="pytest", passed=False, seconds=1.5, log="/log", tail="1 failed")
    with db.write():
        request = new_merge(db, stored_task(db))
        replaying = move_merge_request(
            db, request.id, MergeState.REPLAYING, at=later(1), source=BASE, onto=BASE, attempts=1
        )
        gating = move_merge_request(
            db, request.id, MergeState.GATING, at=later(2), candidate=BASE, gates=(gate,)
        )
        rejected = move_merge_request(
            db,
            request.id,
            MergeState.REJECTED,
            at=later(3),
            candidate=None,
            rejection=Rejection.GATE_RED,
            detail="pytest failed",
            hint="wta send fix-login 'repair it'",
        )
    assert replaying == replace(
        request,
        state=MergeState.REPLAYING,
        source=BASE,
        onto=BASE,
        attempts=1,
        changed_at=later(1),
    )
    assert gating == replace(
        replaying, state=MergeState.GATING, candidate=BASE, gates=(gate,), changed_at=later(2)
    )
    assert rejected == replace(
        gating,
        state=MergeState.REJECTED,
        candidate=None,
        rejection=Rejection.GATE_RED,
        detail="pytest failed",
        hint="wta send fix-login 'repair it'",
        changed_at=later(3),
    )
    assert merge_request_by_id(db, request.id) == rejected
