"""White space: who changed more than white space wins over who did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import whitespace
from wtagents.ladder.rules.guards import changes_meaningful_space
from wtagents.ladder.words import squeezed

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_whitespace(spot: Spot) -> Answer | None:
    """Return the side that wins; white space that has a meaning does not yield."""
    hunk = spot.hunk
    text = whitespace(hunk)
    if text is None:
        return None
    loser = hunk.branch if text == hunk.target else hunk.target
    before = hunk.base if squeezed(loser) == squeezed(hunk.base) else text
    if changes_meaningful_space(spot.path, before, loser):
        return None
    return Answer(text=text, rule="white space")
