"""Superset: one side made all changes of the other, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import woven
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_superset(spot: Spot) -> Answer | None:
    """Return the side that both changes together come to."""
    text = woven(spot.hunk)
    if text is None:
        return None
    for side in (spot.hunk.target, spot.hunk.branch):
        if normal_lines(side) == normal_lines(text):
            return Answer(text=side, rule="superset")
    return None
