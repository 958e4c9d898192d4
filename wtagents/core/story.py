"""The story of a run: what a person reads of an agent, one line each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.agenda import Agenda


class Voice(StrEnum):
    """Who speaks in a line of the story."""

    USER = "user"
    AGENT = "agent"
    THOUGHT = "thought"
    TOOL = "tool"
    RESULT = "result"
    ERROR = "error"
    QUESTION = "question"
    AGENDA = "todo"
    """The agent's list of what is to be done has changed."""
    NOTE = "note"
    END = "end"


@record
class StoryLine:
    """One thing that happened. Texts are printable; only `text` and `whole` may hold newlines."""

    voice: Voice
    text: str
    child: bool
    """Told by a subagent."""
    call: str = ""
    """Id of the tool call that begins or has returned; '' for everything else."""
    whole: str = ""
    """More of what `text` says shortened; '' where that is all."""
    agenda: Agenda | None = None
    """What the agent will do, where this changed it."""
