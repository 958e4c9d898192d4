"""stop, cancel, retry: what a person wishes of a task that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.message import MessageKind
from wtagents.core.record import record
from wtagents.core.task import Task, TaskState, Wish
from wtagents.operations.result import OperationResult
from wtagents.operations.starting.remake import has_lost_worktree, words_of_loss
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.surroundings import account_for
from wtagents.operations.tick import tick
from wtagents.store.limits import lift_limit
from wtagents.store.merges import live_merge_request
from wtagents.store.messages import add_message
from wtagents.store.runs import latest_run
from wtagents.store.tasks import move_task, require_task, require_task_by_id, wish_task
from wtagents.system.sharing.shared_limits import forget_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.operations.context import Context
    from wtagents.store.database import Database

_MARGIN_SECONDS = 15.0
"""Beyond the polite time of the runner: the firm stop from outside and its proof."""


@record
class RetryRequest:
    """What `wta retry` was asked for."""

    name: str
    fresh: bool = False
    """Begin a new conversation with the task's prompt instead of resuming the old one."""
    message: str = ""
    """Words to go on with."""


def stop(context: Context, names: Sequence[str]) -> OperationResult[tuple[Task, ...]]:
    """Stop the agents of these tasks and wait until they are proved stopped."""
    return _wish_all(context, names, Wish.STOP)


def cancel(context: Context, names: Sequence[str]) -> OperationResult[tuple[Task, ...]]:
    """Stop the agents and give the tasks up; worktree and branch stay until cleanup."""
    return _wish_all(context, names, Wish.CANCEL)


def retry(context: Context, request: RetryRequest) -> OperationResult[Task]:
    """Put a task that rests back into the queue and begin it.

    Raises StateError for a task that works, lands or has ended.
    """
    now = context.clock.now()
    with context.database.write() as db:
        task = require_task(db, request.name)
        _require_rest(db, task)
        was_lost = has_lost_worktree(db, task)
        wish_task(db, task.id, Wish.WORK, now, fresh=request.fresh, at_once=True)
        lift_limit(db, account_for(task), now)
        if request.message.strip():
            add_message(db, task.id, MessageKind.TEXT, request.message, now)
        if task.state is not TaskState.QUEUED:
            move_task(db, task.id, TaskState.QUEUED, at=now)
    forget_limit(context.paths.accounts, account_for(task))
    failures = tick(context, task_ids={task.id}).failures
    with context.database.read() as db:
        task = require_task_by_id(db, task.id)
    if task.state is TaskState.FAILED and failures:
        raise failures[0]
    messages = tuple(words_of_loss(context, task)) if was_lost else ()
    return OperationResult(data=task, messages=messages)


def _require_rest(db: Database, task: Task) -> None:
    run = latest_run(db, task.id)
    if run is not None and run.state in LIVE_RUN_STATES:
        raise StateError(
            f"the agent of {task.name} is at work",
            hint=f'talk to it: wta send {task.name} "…", or end it: wta stop {task.name}',
        )
    if task.state in ENDED_TASK_STATES or live_merge_request(db, task.id) is not None:
        raise StateError(
            f"task {task.name} is {task.state}", hint=f"see why: wta status {task.name}"
        )


def _wish_all(
    context: Context, names: Sequence[str], wish: Wish
) -> OperationResult[tuple[Task, ...]]:
    now = context.clock.now()
    with context.database.write() as db:
        wished = [require_task(db, name) for name in names]
        for task in wished:
            _require_stoppable(db, task, wish)
        for task in wished:
            wish_task(db, task.id, wish, now)
    ids = {task.id for task in wished}
    at_rest = wait_for(
        context.clock,
        lambda: _at_rest(context, ids),
        seconds=context.settings.limits.stop_seconds + _MARGIN_SECONDS,
    )
    if at_rest is None:
        raise DeadlineError(
            f"not every agent of {', '.join(names)} has stopped yet",
            hint="the wish stays and is carried on: wta status",
        )
    return OperationResult(data=at_rest)


def _require_stoppable(db: Database, task: Task, wish: Wish) -> None:
    if task.state in ENDED_TASK_STATES:
        raise StateError(f"task {task.name} is {task.state} already")
    if live_merge_request(db, task.id) is not None:
        raise StateError(
            f"task {task.name} is landing",
            hint=f"wait for it: wta wait {task.name} --for merged",
        )
    if wish is Wish.STOP and task.state in (TaskState.READY, TaskState.FAILED):
        raise StateError(
            f"no agent works on {task.name}: it is {task.state}",
            hint=f"give it up: wta cancel {task.name}",
        )


def _at_rest(context: Context, ids: set[int]) -> tuple[Task, ...] | None:
    tick(context, task_ids=ids)
    with context.database.read() as db:
        tasks = tuple(require_task_by_id(db, task_id) for task_id in sorted(ids))
        runs = [latest_run(db, task_id) for task_id in ids]
    if any(run is not None and run.state in LIVE_RUN_STATES for run in runs):
        return None
    resting = (TaskState.STOPPED, TaskState.CANCELLED)
    return tasks if all(task.state in resting for task in tasks) else None
