"""send: a message to a task's agent, acknowledged or said to be undelivered.

A running turn gets it with its next request; a task at rest starts a new turn with it. The message
is stored first, so it is never lost: what a run could not take begins the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.message import Message, MessageKind
from wtagents.core.record import record, replace
from wtagents.core.task import TaskState, Wish
from wtagents.operations.result import OperationResult
from wtagents.operations.starting.remake import has_lost_worktree, words_of_loss
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.tick import tick
from wtagents.store.messages import add_message, message_by_id
from wtagents.store.tasks import require_task, require_task_by_id, wish_task

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


@record
class SendRequest:
    """What `wta send` was asked for."""

    name: str
    text: str
    wait_seconds: float = 10.0
    """How long to wait for the acknowledgement."""


@record
class Sent:
    """What became of the message so far."""

    message: Message
    task_state: TaskState


def send(context: Context, request: SendRequest) -> OperationResult[Sent]:
    """Store the message, hand it over, wait for the acknowledgement."""
    if not request.text.strip():
        raise UsageError("the message is empty", hint='wta send NAME "also update the changelog"')
    with context.database.write() as db:
        task = require_task(db, request.name)
        refuse_ended(task)
        was_lost = has_lost_worktree(db, task)
        now = context.clock.now()
        message = add_message(db, task.id, MessageKind.TEXT, request.text, now)
        if task.wish is not Wish.CANCEL:
            wish_task(db, task.id, Wish.WORK, now)
    result = _acknowledged(context, task, message, request.wait_seconds)
    lost = words_of_loss(context, task) if was_lost else ()
    return replace(result, messages=(*lost, *result.messages))


def _acknowledged(
    context: Context, task: Task, message: Message, seconds: float
) -> OperationResult[Sent]:
    message = await_delivery(context, task, message, seconds)
    with context.database.read() as db:
        task = require_task_by_id(db, task.id)
    sent = Sent(message=message, task_state=task.state)
    if message.delivered_at is not None:
        return OperationResult(data=sent)
    why = f"not acknowledged within {seconds:g} s; it is kept and will be tried"
    if task.state is TaskState.FAILED:
        why = (
            f"the agent failed before it heard it ({task.detail}); kept for: wta retry {task.name}"
        )
    messages = (message.failed or why,)
    return OperationResult(data=sent, messages=messages, exit_code=ExitCode.UNFULFILLED)


def await_delivery(context: Context, task: Task, message: Message, seconds: float) -> Message:
    """Tick for this task until the message is delivered, can never be, or the time is over.

    Words wake a task that rests; one that has failed even so needs a person first.
    """

    def settled() -> Message | None:
        tick(context, task_ids={task.id})
        with context.database.read() as db:
            current = message_by_id(db, message.id) or message
            failed = require_task_by_id(db, task.id).state is TaskState.FAILED
        done = current.delivered_at is not None or current.failed
        return current if done or failed else None

    return wait_for(context.clock, settled, seconds=seconds) or message


def refuse_ended(task: Task) -> None:
    """Raise StateError when nobody is left to hear a word."""
    if task.state in ENDED_TASK_STATES or task.state is TaskState.MERGING:
        raise StateError(
            f"task {task.name} is {task.state}",
            hint=f'start a new one: wta spawn {task.name}-2 "…"',
        )
