"""The rules in the order in which they are asked; the first answer that leaves nothing out counts.

Where people take one side whole, though nothing forced them, weaving is not what they would have
done: SURE rules leave that to the choice, WOVEN ones are for when both changes must survive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.check import accounted
from wtagents.ladder.rules.adjacent import merge_adjacent
from wtagents.ladder.rules.changelog import merge_changelog
from wtagents.ladder.rules.inline import merge_inline
from wtagents.ladder.rules.superset import merge_superset
from wtagents.ladder.rules.version import merge_version
from wtagents.ladder.rules.whitespace import merge_whitespace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.ladder.hunks import Answer, HunkRule, Spot

SURE: tuple[HunkRule, ...] = (merge_whitespace, merge_version, merge_changelog, merge_superset)
WOVEN: tuple[HunkRule, ...] = (merge_adjacent, merge_inline)


def answer_by_rules(spot: Spot) -> Answer | None:
    """Return the answer on which both sides agree in substance."""
    return _first_proved(spot, SURE)


def answer_for_both(spot: Spot) -> Answer | None:
    """Return the answer that keeps both changes, woven where need be."""
    return _first_proved(spot, (*SURE, *WOVEN))


def _first_proved(spot: Spot, rules: Iterable[HunkRule]) -> Answer | None:
    for rule in rules:
        answer = rule(spot)
        if answer is not None:
            answer = accounted(spot.path, spot.hunk, answer)
            if not answer.dropped:
                return answer
    return None
