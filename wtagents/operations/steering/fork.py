"""fork: a new task that begins where another one was: its commits, its files, its conversation.

The new task has the base of the other one, so it lands with everything that was done until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.ids import BranchName, TaskName
from wtagents.core.keeping.checkpoint import Cause, choose_checkpoint
from wtagents.core.record import record
from wtagents.core.task import AgentKind, Task, TaskState
from wtagents.core.tending.fork import Fork
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import copy_checkpoint
from wtagents.git.refs import branch_tips, check_branch_room
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.keeping.checkpoints import known_checkpoints
from wtagents.operations.result import OperationResult
from wtagents.operations.starting.opening import is_saved
from wtagents.operations.starting.worktree import worktree_path
from wtagents.operations.steering.spawn import check_surroundings, drop_failed, why_waiting
from wtagents.operations.tick import tick
from wtagents.store.forks import add_fork
from wtagents.store.runs import latest_run, runs_of
from wtagents.store.tasks import add_task, require_free_name, require_task, require_task_by_id

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.run import Run
    from wtagents.operations.context import Context


@record
class ForkRequest:
    """What `wta fork` was asked for."""

    name: str
    new: str
    at: str = ""
    """Number of a checkpoint or a time ago; '' for what lies there now."""
    message: str = ""
    """What the new task is to do; '' for what the other one does."""


@record
class Forked:
    """The new task, and where it began."""

    task: Task
    run: Run | None
    source: TaskName
    checkpoint: Checkpoint
    conversation: bool
    """Whether it goes on with a copy of the conversation."""


def fork(context: Context, request: ForkRequest) -> OperationResult[Forked]:
    """Add the new task and begin it.

    Raises NotFoundError, UsageError, StateError, ConfigError or SystemFault; nothing is left then.
    """
    name = TaskName.parse(request.new)
    with context.database.read() as db:
        source = require_task(db, request.name)
        require_free_name(db, name)
    path = worktree_path(context, name.folder)
    check_branch_room(branch_tips(context.repository), BranchName.of_task(name))
    check_surroundings(context, path, source.agent)
    chosen = _chosen(context, source, request.at)
    told = _conversation(context, source, chosen)
    task = _add(context, source, name, path, request.message, chosen, told)
    copy_checkpoint(open_hub(context.paths, context.repository), chosen.commit, task.id)
    failures = tick(context, task_ids={task.id}).failures
    with context.database.read() as db:
        task, run = require_task_by_id(db, task.id), latest_run(db, task.id)
    if task.state is TaskState.FAILED and failures:
        drop_failed(context, task)
        raise failures[0]
    forked = Forked(
        task=task, run=run, source=source.name, checkpoint=chosen, conversation=bool(told[0])
    )
    return OperationResult(
        data=forked, messages=(*why_waiting(context, task, run), *_remarks(chosen))
    )


def _chosen(context: Context, source: Task, at: str) -> Checkpoint:
    """Return the checkpoint to begin at: that of now where nothing else is wanted."""
    if not at:
        take_checkpoint(context, source, Cause.FORK)
    known = known_checkpoints(context, source)
    if not at and known:
        return known[-1]
    return choose_checkpoint(known, at, context.clock.now(), task=source.name)


def _conversation(context: Context, source: Task, chosen: Checkpoint) -> tuple[str, str]:
    """Return the conversation of then and its last message; '' where there was none."""
    if source.agent.kind is AgentKind.COMMAND:
        return "", ""
    with context.database.read() as db:
        runs = [run for run in runs_of(db, source.id) if run.number <= chosen.run]
    for run in reversed(runs):
        if is_saved(context, run):
            return run.session_id, chosen.message
    return "", ""


def _add(
    context: Context,
    source: Task,
    name: TaskName,
    path: Path,
    message: str,
    chosen: Checkpoint,
    told: tuple[str, str],
) -> Task:
    at, branch = context.clock.now(), BranchName.of_task(name)
    with context.database.write() as db:
        task = add_task(
            db,
            name=name,
            prompt=message.strip() or source.prompt,
            base=source.base,
            target=source.target,
            branch=branch,
            worktree=path,
            agent=source.agent,
            merge_when_ready=False,
            at=at,
        )
        new = Fork(
            task_id=task.id,
            source_id=source.id,
            checkpoint=chosen.commit,
            head=chosen.head,
            session_id=told[0],
            message=told[1],
        )
        add_fork(db, new, at)
    return task


def _remarks(chosen: Checkpoint) -> tuple[str, ...]:
    if not chosen.left_out:
        return ()
    return (f"not in the checkpoint, and so not in the fork: {len(chosen.left_out)} large files",)
