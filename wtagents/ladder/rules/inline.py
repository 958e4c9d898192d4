"""Within lines: the sides changed different words, with a kept word between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import woven_versions
from wtagents.ladder.rules.guards import both_change_numbers, doubles_a_line, only_removes

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_inline(spot: Spot) -> Answer | None:
    """Return the text with the changes of both sides."""
    if both_change_numbers(spot.hunk) or only_removes(spot.hunk):
        return None
    text = woven_versions(spot.hunk)
    if text is None or doubles_a_line(spot.hunk, text):
        return None
    return Answer(text=text, rule="words of a line")
