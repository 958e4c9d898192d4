"""What no merge of texts can see: names that one side takes away and the other begins to use."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import count_lines
from wtagents.ladder.structural.alignment import heirs_of
from wtagents.ladder.structural.unit import Role

if TYPE_CHECKING:
    from wtagents.ladder.structural.alignment import Stretch, Units
    from wtagents.ladder.structural.unit import Block, Unit

_BOUND = re.compile(r"([^\W\d]\w*)\s*(?=[,;}\"')]|$|\bfrom\b)")
_MUCH = 15
"""Rows that one side adds beside an addition of the other, before their order is a guess."""
_FEW_LINES = 4
_FEW_NAMES = 12
_SAME_LINES = 0.3
_SAME_NAMES = 0.6
_NAME = re.compile(r"[^\W\d]\w*")


def brings_back(base: str, target: str, branch: str, merged: str) -> bool:
    """Whether a name is in the merged text that one side took away altogether."""
    b, t, r, m = (set(_NAME.findall(text)) for text in (base, target, branch, merged))
    return bool(m & b - (t & r))


def is_missed(side: Block, base: Block, side_text: str, merged: str) -> bool:
    """Whether the merged text uses a name more often than the side that no longer imports it."""
    lost = _imported(base) - _imported(side)
    if not lost:
        return False
    mine, all_ = (Counter(_NAME.findall(text)) for text in (side_text, merged))
    return any(all_[name] > mine[name] for name in lost)


def moves(part: Stretch, sides: tuple[frozenset[str], ...]) -> bool:
    """Whether a unit of the stretch stands elsewhere in a list that lacks it here."""
    here = [{unit.key for unit in units} for units in (part.base, part.target, part.branch)]
    every = set().union(*here)
    return any(every & (side - own) for own, side in zip(here, sides, strict=True))


def changes_what_went(part: Stretch) -> bool:
    """Whether one side changed a unit that the other no longer has."""
    base = {unit.key: unit.whole for unit in part.base}
    sides = [{unit.key: unit.whole for unit in units} for units in (part.target, part.branch)]
    return any(
        key in base and key not in other and text != base[key]
        for side, other in (sides, sides[::-1])
        for key, text in side.items()
    )


def _imported(block: Block) -> set[str]:
    found: set[str] = set()
    for unit in block.units:
        if unit.role is Role.IMPORT:
            found |= _bound(unit)
        elif unit.block:
            found |= _imported(unit.block)
    return found


def clash(part: Stretch, *, keep_both: bool) -> bool:
    """Whether the additions of both sides are two answers to one question."""
    base = {unit.key for unit in part.base}
    target = [unit for unit in part.target if unit.key not in base]
    branch = [unit for unit in part.branch if unit.key not in base]
    if not target and not branch:
        return False
    if not keep_both and _is_taste(target, branch):
        return True
    if any(_takes_away(part.base, side) for side in (part.target, part.branch)):
        return True
    left = {unit.key for unit in part.target} | {unit.key for unit in part.branch}
    added = [{unit.key for unit in side} for side in (target, branch)]
    if base - left and not (added[0] <= added[1] or added[1] <= added[0]):
        return True
    if _alike(target, branch):
        return True
    bound = [
        {name for unit in side if unit.role is Role.IMPORT for name in _bound(unit)}
        for side in (target, branch)
    ]
    shared = {unit.key for unit in target} & {unit.key for unit in branch}
    return not shared and bool(bound[0] & bound[1])


def _takes_away(base: Units, side: Units) -> bool:
    """Whether a side has no longer what is no import, and nothing for it."""
    there, heirs = {unit.key for unit in side}, heirs_of(base, side)
    return any(
        unit.role is not Role.IMPORT and unit.key not in there and unit.key not in heirs
        for unit in base
    )


def _is_taste(target: list[Unit], branch: list[Unit]) -> bool:
    """Whether people often do otherwise: members of a list, much that is new on both sides."""
    if any(unit.role is Role.ITEM for unit in (*target, *branch)):
        return True
    sizes = [sum(unit.text.count("\n") for unit in side) for side in (target, branch)]
    return min(sizes) > 0 and max(sizes) > _MUCH


def _alike(target: list[Unit], branch: list[Unit]) -> bool:
    """Whether both sides added nearly the same: one of the two is meant."""
    sides = ["".join(unit.text for unit in side) for side in (target, branch)]
    if any(unit.role is not Role.NAMED for unit in (*target, *branch)) or not all(sides):
        return False
    lines = [{line for line in count_lines(side) if _NAME.search(line)} for side in sides]
    names = [set(_NAME.findall(side)) for side in sides]
    return (
        _overlap(*lines, least=_FEW_LINES) > _SAME_LINES
        or _overlap(*names, least=_FEW_NAMES) > _SAME_NAMES
    )


def _overlap(one: set[str], two: set[str], *, least: int) -> float:
    """Return the share of the smaller set that is in the other; 0 where it is too small to tell."""
    smaller = min(len(one), len(two))
    return len(one & two) / smaller if smaller >= least else 0.0


def _bound(unit: Unit) -> set[str]:
    """Return the names that an import brings, roughly: what ends a path or a list."""
    return set(_BOUND.findall(unit.text)) - {"self", "from", "import"}
