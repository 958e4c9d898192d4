"""Versions: where both sides raised dotted versions and nothing else, the higher one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Hunk
from wtagents.ladder.hunks import Answer
from wtagents.ladder.mechanical import version

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Spot


def merge_version(spot: Spot) -> Answer | None:
    """Return the side that wins; a version that a side lowered was lowered on purpose."""
    hunk = spot.hunk
    text = version(hunk)
    if text is None or any(_lowers(hunk.base, side) for side in (hunk.target, hunk.branch)):
        return None
    return Answer(text=text, rule="version")


def _lowers(base: str, side: str) -> bool:
    return bool(base) and version(Hunk(base="", target=base, branch=side)) == base
