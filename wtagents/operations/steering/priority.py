"""priority: who starts first when a place is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.operations.result import OperationResult
from wtagents.store.tasks import require_task, set_priority

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


def prioritise(context: Context, name: str, priority: int) -> OperationResult[Task]:
    """Change the priority of a task. Raises NotFoundError, and StateError for one that ended."""
    with context.database.write() as db:
        task = require_task(db, name)
        if task.state in ENDED_TASK_STATES:
            raise StateError(f"task {task.name} is {task.state} already")
        return OperationResult(
            data=set_priority(db, task.id, context.clock.now(), priority=priority)
        )
