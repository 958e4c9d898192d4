"""takeover: end the run at its turn boundary, so that a person can go on in the same conversation.

The task rests as `stopped` meanwhile, so nothing begins a second agent; afterwards it is retried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, StateError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.message import MessageKind
from wtagents.core.record import record
from wtagents.core.task import AgentKind, TaskState, Wish
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.tick import tick
from wtagents.store.messages import add_message
from wtagents.store.runs import latest_run
from wtagents.store.tasks import require_task, wish_task

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


@record
class Takeover:
    """How a person goes on."""

    task: Task
    argv: tuple[str, ...]
    worktree: Path


def begin_takeover(context: Context, name: str, *, seconds: float | None) -> Takeover:
    """Wait until the agent has ended its turn and the task rests.

    Raises StateError when the task has no conversation that a person could resume, DeadlineError
    when the turn does not end in time.
    """
    with context.database.write() as db:
        task = require_task(db, name)
        run = _require_conversation(task, latest_run(db, task.id))
        if run.state in LIVE_RUN_STATES:
            add_message(db, task.id, MessageKind.FINISH, "", context.clock.now())
        else:
            wish_task(db, task.id, Wish.STOP, context.clock.now())
    rested = wait_for(context.clock, lambda: _rested(context, task), seconds=seconds)
    if rested is None:
        raise DeadlineError(
            f"the turn of {name} has not ended yet", hint=f"end it at once: wta stop {name}"
        )
    from wtagents.core.keeping.checkpoint import Cause
    from wtagents.operations.checkpointing.keep import try_checkpoint

    try_checkpoint(context, rested, Cause.TAKEOVER)
    return Takeover(
        task=rested,
        argv=(context.settings.agent.program, "--resume", run.session_id),
        worktree=task.worktree,
    )


def _require_conversation(task: Task, run: Run | None) -> Run:
    if task.agent.kind is not AgentKind.CLAUDE:
        raise StateError(
            f"the agent of {task.name} is {task.agent.kind}, only claude can be taken over",
            hint=f"watch it: wta attach {task.name}",
        )
    if run is None:
        raise StateError(f"task {task.name} has not begun", hint=f"see why: wta status {task.name}")
    return run


def _rested(context: Context, task: Task) -> Task | None:
    tick(context, task_ids={task.id})
    with context.database.read() as db:
        current = require_task(db, task.name)
        run = latest_run(db, task.id)
    ended = run is None or run.state not in LIVE_RUN_STATES
    resting = (TaskState.STOPPED, TaskState.READY, TaskState.FAILED)
    return current if ended and current.state in resting else None
