"""The rungs of the ladder: who or what solved a conflict, the cheapest first."""

from __future__ import annotations

from enum import StrEnum


class Rung(StrEnum):
    """Each conflicted file carries the rung that solved it. The order is that of climbing."""

    ALREADY_THERE = "already_there"
    """Both sides have the same text, or one has nothing of its own."""
    REGENERATE = "regenerate"
    """The declared command wrote the file again."""
    MEMORY = "memory"
    """Seen before, with a resolution that landed and was verified."""
    RULES = "rules"
    """A rule of one hunk that keeps what both sides did, or proves a line superseded."""
    STRUCTURAL = "structural"
    """A merge of syntax trees."""
    CANDIDATES = "candidates"
    """A mechanical choice: what it leaves out is listed."""
    AGENT = "agent"
    PERSON = "person"


UNATTENDED = (
    Rung.REGENERATE,
    Rung.MEMORY,
    Rung.RULES,
    Rung.STRUCTURAL,
    Rung.CANDIDATES,
    Rung.AGENT,
)
"""The rungs that a setting may leave out; what is there already needs none, a person may always."""
