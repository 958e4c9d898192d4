"""The story of a run: what a person reads of an agent, one line each."""

from __future__ import annotations

from enum import StrEnum

from wtagents.core.record import record


class Voice(StrEnum):
    """Who speaks in a line of the story."""

    USER = "user"
    AGENT = "agent"
    THOUGHT = "thought"
    TOOL = "tool"
    RESULT = "result"
    ERROR = "error"
    QUESTION = "question"
    NOTE = "note"
    END = "end"


@record
class StoryLine:
    """One thing that happened. Texts are printable; only `text` may hold newlines."""

    voice: Voice
    text: str
    child: bool
    """Told by a subagent."""
