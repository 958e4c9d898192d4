"""The rules in the order in which they are asked; the first answer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.ladder.hunks import Answer, HunkRule, Spot

RULES: tuple[HunkRule, ...] = ()


def answer_by_rules(spot: Spot) -> Answer | None:
    """Return the first rule's answer to a hunk."""
    for rule in RULES:
        answer = rule(spot)
        if answer is not None:
            return answer
    return None
