"""Messages: what a person says to a task's agent, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import RunId


class MessageKind(StrEnum):
    """How the runner hands a message to the agent."""

    TEXT = "text"
    """Words for the agent: next request of the running turn, or the prompt of the next run."""
    ANSWER = "answer"
    """The answer to a permission question."""
    INTERRUPT = "interrupt"
    """End the running turn; the process stays."""
    FINISH = "finish"
    """End the run at the turn boundary (takeover)."""


@record
class Message:
    """One row of `message`."""

    id: int
    task_id: int
    kind: MessageKind
    body: str
    """Text, or for `answer` a JSON object {"request_id", "allow", "message"}."""
    created_at: datetime
    run_id: RunId | None
    """The run that took it."""
    delivered_at: datetime | None
    failed: str
    """Why it can never be delivered, or ''."""


@record
class Taken:
    """What a runner did with a message in its inbox."""

    message_id: int
    delivered: bool
    reason: str
    """Why it could not be delivered, or ''."""
    at: datetime
