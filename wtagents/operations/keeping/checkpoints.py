"""checkpoints: which there are of a task, and how much each differs from the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode
from wtagents.core.ids import Oid
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import checkpoints_of, lines_between
from wtagents.git.objects import EMPTY_TREE
from wtagents.git.refs import resolve
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.then import require_task_then
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import TaskName
    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.keeping.checkpoints import Lines
    from wtagents.operations.context import Context


@record
class CheckpointRow:
    """One checkpoint; `changes` are those since the one before, the first one's since the base."""

    checkpoint: Checkpoint
    age: float
    """Seconds."""
    changes: Lines


@record
class CheckpointList:
    """All of one task, oldest first."""

    task: TaskName
    rows: tuple[CheckpointRow, ...]


def checkpoints(
    context: Context, name: str, *, now: bool = False, until: datetime | None = None
) -> OperationResult[CheckpointList]:
    """Return the checkpoints of a task; with `now` one more is taken first, if anything changed.

    With `until` those that there were at a moment, of the task that had the name then, as far as
    they are kept. Raises NotFoundError.
    """
    with context.records.read() as db:
        task = require_task_then(db, name, until) if until else require_task(db, name)
    messages: tuple[str, ...] = ()
    exit_code = ExitCode.OK
    if now and take_checkpoint(context, task, Cause.ASKED) is None:
        messages = ("nothing has changed since the last checkpoint",)
        if not task.worktree.is_dir():
            messages, exit_code = (f"{task.worktree} is not there",), ExitCode.UNFULFILLED
    found = known_checkpoints(context, task)
    found = [each for each in found if until is None or each.at <= until]
    rows = _rows(context, open_hub(context.paths, context.repository), task, found) if found else ()
    return OperationResult(
        data=CheckpointList(task=task.name, rows=rows), messages=messages, exit_code=exit_code
    )


def known_checkpoints(context: Context, task: Task) -> list[Checkpoint]:
    """Return the checkpoints of a task, oldest first, without making a hub for it."""
    if not context.paths.hub.is_dir():
        return []
    return checkpoints_of(open_hub(context.paths, context.repository), task.id)


def _rows(
    context: Context, hub: Hub, task: Task, found: list[Checkpoint]
) -> tuple[CheckpointRow, ...]:
    now = context.clock.now()
    trees = [_tree_of(hub, task.base), *(each.tree for each in found)]
    return tuple(
        CheckpointRow(checkpoint=each, age=(now - each.at).total_seconds(), changes=changes)
        for each, changes in zip(found, lines_between(hub, trees), strict=True)
    )


def _tree_of(hub: Hub, commit: Oid) -> Oid:
    """Return the tree of a commit; the empty one where the hub does not have it."""
    if resolve(hub.repo, commit) is None:
        return EMPTY_TREE
    return Oid(hub.repo.read("rev-parse", f"{commit}^{{tree}}").text)
