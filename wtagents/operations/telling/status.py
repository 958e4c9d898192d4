"""status: what every task is, who needs a person, and the evidence.

The list costs a read of the store and a few small files per live run; git is asked only about
worktrees whose index or reflog changed since the last look, and always for a task that is named.
Who looks again and again does so by a `Lookout`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from wtagents.core.config.limits import BudgetSettings
from wtagents.core.errors import NotFoundError
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.core.ids import TaskName
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Pulse, Run, Usage
    from wtagents.core.task import Task
    from wtagents.core.tending.admission import Wait
    from wtagents.core.tending.liveness import Confidence, Liveness
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.operations.radar.named import RadarClash
    from wtagents.operations.starting.resources import Resources
    from wtagents.operations.telling.rows import TaskRow
    from wtagents.store.database import Database


@record
class StatusRequest:
    """What `wta status` was asked for."""

    names: tuple[str, ...] = ()
    """Empty for all tasks."""
    fresh: bool = False
    """Ask git about every worktree."""
    remembered: bool = False
    """Ask git about none: worktrees are as they were seen last."""


@record
class Behind:
    """A task that another one lands after."""

    name: TaskName
    state: TaskState

    @property
    def rests(self) -> bool:
        """Whether only a person takes it further."""
        return self.state in (TaskState.FAILED, TaskState.STOPPED)


@record
class TaskStatus:
    """One task as a person sees it."""

    task: Task
    run: Run | None
    liveness: Liveness | None
    """None when no run is live."""
    reasons: tuple[str, ...]
    """The evidence for `liveness`."""
    confidence: Confidence | None
    """How much stands behind `liveness`."""
    activity_age: float | None
    """Seconds since the agent last wrote anything."""
    pulse: Pulse | None
    usage: Usage
    """Of all runs of the task together; context and model of the latest."""
    worktree: WorktreeFacts | None
    attention: str
    merge: MergeRequest | None
    waiting_messages: int
    wait: Wait | None = None
    """What a queued task waits for."""
    behind: Behind | None = None
    """What a ready task lands after, as long as that has not ended."""
    suspected_since: datetime | None = None
    """Since when its run is called stuck or looping, if a tick has noted it."""
    clashes: tuple[RadarClash, ...] = ()
    """What the radar saw last; `task` may be the other one of a pair."""
    sandbox: SandboxMode | None = None
    """What keeps the agent of the latest run inside; in a list only `none`, where none works."""
    resources: Resources | None = None
    """What the task has for itself; asked only about tasks that are named."""
    is_past: bool = False
    """Rebuilt from events: what nobody kept is unknown."""


def status(context: Context, request: StatusRequest) -> OperationResult[tuple[TaskStatus, ...]]:
    """Describe all tasks, or those named. Raises NotFoundError for an unknown name."""
    db = context.reader
    if db is None:
        for name in request.names:
            raise NotFoundError(f"no task {name!r}", hint="there is none yet: wta spawn")
        return OperationResult(data=())
    rows = _rows(context, db, request.names)
    found = tuple(_described(context, rows, request))
    return OperationResult(data=found, messages=_held(context, found))


def _rows(context: Context, db: Database, names: tuple[str, ...]) -> list[TaskRow]:
    from wtagents.operations.telling.rows import task_rows
    from wtagents.store.standings import standings
    from wtagents.store.tasks import require_task

    with db.read():
        everybody = cache(lambda: standings(db))
        ids = [require_task(db, name).id for name in names]
        chosen = standings(db, ids) if names else everybody()
        named = [chosen[task_id] for task_id in ids] if names else chosen.values()
        return task_rows(context, db, named, everybody)


def _described(
    context: Context, rows: list[TaskRow], request: StatusRequest
) -> Iterator[TaskStatus]:
    from wtagents.operations.telling.describe import describe, describe_more, sandbox_of_all
    from wtagents.operations.telling.trees import facts_now

    in_list = None if request.names else sandbox_of_all(context, rows)
    asked = bool(request.names) or request.fresh
    for row in rows:
        known = row.standing.worktree
        facts = known if request.remembered else facts_now(context, row.standing, ask=asked)
        item = describe(context, row, facts, in_list)
        yield describe_more(context, item) if request.names else item


def _held(context: Context, found: tuple[TaskStatus, ...]) -> tuple[str, ...]:
    waiting = {item.task.id: item.wait for item in found if item.wait is not None}
    if not waiting and context.settings.budget == BudgetSettings():
        return ()
    from wtagents.operations.surroundings import budget_words
    from wtagents.operations.telling.waits import held_words

    with context.records.read() as db:
        nearly = budget_words(context, db)
    return (*held_words(waiting, context.clock.now()), *nearly)
