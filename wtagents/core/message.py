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
    """The answer to a question of the agent."""
    INTERRUPT = "interrupt"
    """End the running turn; the process stays."""
    FINISH = "finish"
    """End the run at the turn boundary: for a takeover, or with the body `PAUSE` for a while."""


PAUSE = "pause"
"""Body of a `finish` after which the task waits to go on."""


class Sender(StrEnum):
    """Who speaks."""

    PERSON = "person"
    WTA = "wta"
    """Wta by itself: it wakes no task, and what one run did not hear is of no use to the next."""


@record
class Message:
    """One row of `message`."""

    id: int
    task_id: int
    kind: MessageKind
    body: str
    """Text, or for `answer` the JSON of `core/answer.py`."""
    created_at: datetime
    run_id: RunId | None
    """The run that took it."""
    delivered_at: datetime | None
    failed: str
    """Why it can never be delivered, or ''."""
    sender: Sender = Sender.PERSON

    @property
    def is_words(self) -> bool:
        """Whether a person says something that must be heard, by this run or by a later one."""
        return self.kind is MessageKind.TEXT and self.sender is Sender.PERSON


@record
class Taken:
    """What a runner did with a message in its inbox."""

    message_id: int
    delivered: bool
    reason: str
    """Why it could not be delivered, or ''."""
    at: datetime
