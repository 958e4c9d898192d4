"""Adjacent lines: the sides changed neighbouring lines, never the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import woven_lines
from wtagents.ladder.rules.guards import doubles_a_line, only_removes

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_adjacent(spot: Spot) -> Answer | None:
    """Return the text with the changes of both sides."""
    text = woven_lines(spot.hunk)
    if text is None or doubles_a_line(spot.hunk, text) or only_removes(spot.hunk):
        return None
    return Answer(text=text, rule="adjacent lines")
