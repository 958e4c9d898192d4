"""spawn of many: all wishes are written at once or none is, then the tasks are begun in turn.

Whatever can be wrong in any of them is asked before. Broken off in between, the rest are queued
tasks like all others: the supervisor begins them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, WtaError
from wtagents.core.record import record
from wtagents.operations.result import OperationResult, uncounted
from wtagents.operations.steering.spawn import add, begin, check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import TaskName
    from wtagents.operations.context import Context
    from wtagents.operations.result import Count
    from wtagents.operations.steering.spawn import Spawned, SpawnRequest, Wished
    from wtagents.operations.telling.status import TaskStatus


@record
class NotBegun:
    """A task whose worktree could not be made; nothing is left of it."""

    name: TaskName
    message: str
    cause: str


@record
class SpawnedMany:
    """The new tasks, in the order of the requests."""

    tasks: tuple[Spawned, ...]
    failed: tuple[NotBegun, ...]


@record
class EndedMany:
    """The new tasks as they are once all have come to where they were to get, or to rest."""

    tasks: tuple[TaskStatus, ...]
    failed: tuple[NotBegun, ...]


def plan_many(
    context: Context, requests: Sequence[SpawnRequest]
) -> OperationResult[tuple[Wished, ...]]:
    """Return the tasks as they would be. Raises for the first that is not in order."""
    return OperationResult(data=check(context, requests))


def spawn_many(
    context: Context, requests: Sequence[SpawnRequest], *, count: Count = uncounted
) -> OperationResult[SpawnedMany]:
    """Add all tasks and begin them; one that cannot begin does not stop the others.

    Raises UsageError, StateError, ConfigError or SystemFault before anything is made.
    """
    wished = check(context, requests)
    with context.database.write() as db:
        tasks = [add(db, each, at=context.clock.now()) for each in wished]
    begun: list[Spawned] = []
    failed: list[NotBegun] = []
    messages: list[str] = []
    for done, (task, each) in enumerate(zip(tasks, wished, strict=True)):
        count(done, len(tasks), task.name)
        try:
            result = begin(context, task, each.sandbox)
            begun.append(result.data)
            messages += result.messages
        except WtaError as error:
            failed.append(NotBegun(name=task.name, message=error.message, cause=error.cause))
    return OperationResult(
        data=SpawnedMany(tasks=tuple(begun), failed=tuple(failed)),
        messages=tuple(dict.fromkeys(messages)),
        exit_code=ExitCode.UNFULFILLED if failed else ExitCode.OK,
    )
