"""White space: who changed more than white space wins over who did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import whitespace

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_whitespace(spot: Spot) -> Answer | None:
    """Return the side that wins."""
    text = whitespace(spot.hunk)
    return None if text is None else Answer(text=text, rule="white space")
