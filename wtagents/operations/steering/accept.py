"""accept: a person takes the work of a task as it is, although its checks fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.check import failed_check
from wtagents.core.text import printable
from wtagents.operations.result import OperationResult
from wtagents.store.runs import latest_run
from wtagents.store.tasks import move_task, require_task, require_task_by_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

_SHELL_LIMIT = 80


def accept(context: Context, names: Sequence[str]) -> OperationResult[tuple[Task, ...]]:
    """Make tasks ready whose checks are red, all or none. Raises NotFoundError, StateError."""
    with context.database.write() as db:
        chosen = [require_task(db, name) for name in names]
        for task in chosen:
            _require_red(task)
        for task in chosen:
            move_task(
                db,
                task.id,
                TaskState.READY,
                at=context.clock.now(),
                expected=(TaskState.FAILED,),
                detail=_words(db, task),
            )
        found = tuple(require_task_by_id(db, task.id) for task in chosen)
    return OperationResult(data=found)


def _require_red(task: Task) -> None:
    if task.state is TaskState.FAILED and task.reason is Reason.CHECKS_RED:
        return
    raise StateError(
        f"nothing is to be accepted of {task.name}: it is {task.state}",
        cause="only work whose checks fail is accepted by a person",
        hint=f"see why: wta status {task.name}",
    )


def _words(db: Database, task: Task) -> str:
    run = latest_run(db, task.id)
    red = failed_check(run.exit.checks) if run is not None and run.exit is not None else None
    command = f": {printable(red.command, _SHELL_LIMIT)}" if red is not None else ""
    return f"accepted by a person although a check fails{command}"
