"""Rows of a real store, so that a test names only what it is about."""

from __future__ import annotations

import functools
import tempfile
import uuid
from pathlib import Path
from typing import Any

from tests.support.records import NOW, RUNNER, an_exit
from wtagents.core.ids import BranchName, Oid, RunId, TaskName
from wtagents.core.run import Run, RunState
from wtagents.core.task import AgentSpec, Task
from wtagents.store.database import Database, open_database
from wtagents.store.runs import add_run, move_run
from wtagents.store.tasks import add_task
from wtagents.system.files import make_private_folder, write_atomic

BASE = Oid("1" * 40)


def lay_database(path: Path) -> None:
    """Put an empty store where there is none, as who comes first would; only that takes 25 ms."""
    make_private_folder(path.parent)
    if not path.exists():
        write_atomic(path, _empty_database(), durable=False)


@functools.cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        open_database(path).close()
        return path.read_bytes()


def stored_task(db: Database, name: str = "fix-login", **changes: Any) -> Task:
    """Add a task inside an open write block."""
    parsed = TaskName.parse(name)
    new: dict[str, Any] = {
        "name": parsed,
        "prompt": "fix the login",
        "base": BASE,
        "target": BranchName("main"),
        "branch": BranchName.of_task(parsed),
        "worktree": Path("/repo-worktrees") / parsed.folder,
        "agent": AgentSpec(),
        "merge_when_ready": False,
        "at": NOW,
    }
    return add_task(db, **(new | changes))


def try_run(db: Database, task: Task, *, capacity: int = 100, **changes: Any) -> Run | None:
    """Add a run inside an open write block, if there is room."""
    new: dict[str, Any] = {
        "run_id": RunId(str(uuid.uuid4())),
        "task_id": task.id,
        "session_id": "session",
        "resumes": False,
        "prompt": task.prompt,
        "at": NOW,
    }
    return add_run(db, capacity=capacity, **(new | changes))


def stored_run(db: Database, task: Task, **changes: Any) -> Run:
    """Add a run that must be accepted."""
    run = try_run(db, task, **changes)
    assert run is not None
    return run


def ended_run(db: Database, task: Task, **end: Any) -> Run:
    """Add a run and let it exit."""
    run = stored_run(db, task)
    move_run(db, run.id, RunState.RUNNING, at=NOW, runner=RUNNER)
    moved = move_run(db, run.id, RunState.EXITED, at=NOW, exit=an_exit(**end))
    assert moved is not None
    return moved
