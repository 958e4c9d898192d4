"""interrupt: end the running turn of an agent; its process and its conversation stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.message import Message, MessageKind
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.send import await_delivery
from wtagents.store.messages import add_message
from wtagents.store.runs import latest_run
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from wtagents.operations.context import Context

_SECONDS = 10.0


def interrupt(context: Context, name: str) -> OperationResult[Message]:
    """Interrupt the turn and wait for the acknowledgement. Raises StateError when nobody works."""
    with context.database.write() as db:
        task = require_task(db, name)
        run = latest_run(db, task.id)
        if run is None or run.state not in LIVE_RUN_STATES:
            raise StateError(f"no agent works on {name}", hint=f"see what it is: wta status {name}")
        message = add_message(db, task.id, MessageKind.INTERRUPT, "", context.clock.now())
    message = await_delivery(context, task, message, _SECONDS)
    if message.delivered_at is not None:
        return OperationResult(data=message)
    why = message.failed or "the agent has not taken the interrupt yet"
    return OperationResult(data=message, messages=(why,), exit_code=ExitCode.UNFULFILLED)
