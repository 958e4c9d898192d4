"""Three lists of units to one. None means: not by structure."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.landing.diff3 import Hunk, plan_merge
from wtagents.core.record import record, replace
from wtagents.ladder.structural.alignment import Step, Stretch, align, heirs_of, told_apart
from wtagents.ladder.structural.guards import changes_what_went, clash, moves
from wtagents.ladder.structural.naming import normal
from wtagents.ladder.structural.ordering import ordered
from wtagents.ladder.structural.unit import Block, Role, Unit, block_text, units_text
from wtagents.ladder.words import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.ladder.structural.alignment import Units

AnswerHunk: TypeAlias = "Callable[[Hunk], str | None]"


@record
class Way:
    """How to merge."""

    answer: AnswerHunk
    """What the rules make of lines that both sides changed."""
    indented: bool
    """Whether the white space that begins a row has a meaning."""
    keep_both: bool
    """Whether the target's addition comes first where order is a matter of taste."""

    def spelled(self, text: str) -> list[str]:
        """Return the rows without white space that has no meaning, and what is quoted in them."""
        rows = [row.rstrip() for row in text.split("\n") if row.strip()]
        inside = quoted(text)
        if self.indented or inside is None:
            return rows
        return [normal(row) for row in rows] + inside


_FREE = (Role.IMPORT, Role.NAMED, Role.ITEM)


def merge_blocks(base: Block, target: Block, branch: Block, way: Way) -> Block | None:
    """Return the merged block."""
    if not _alike(base, target, branch):
        return None
    head = merge_text((base.head, target.head, branch.head), way)
    tail = merge_text((base.tail, target.tail, branch.tail), way)
    units = merge_units(base, target, branch, way)
    if head is None or tail is None or units is None:
        return None
    ends = target.ends if branch.ends == base.ends else branch.ends
    return replace(target, head=head, units=units, tail=tail, ends=ends)


def merge_text(texts: tuple[str, str, str], way: Way) -> str | None:
    """Return the lines of base, target and branch merged; hunks go to the rules."""
    base, target, branch = texts
    if branch in (base, target):
        return target
    if target == base:
        return branch
    merged: list[str] = []
    for chunk in plan_merge(base, target, branch):
        text = way.answer(chunk) if isinstance(chunk, Hunk) else chunk.text
        if text is None:
            return None
        merged.append(text)
    return "".join(merged)


def merge_units(base: Block, target: Block, branch: Block, way: Way) -> Units | None:
    """Return the units of the merged block, in their order."""
    merged: list[Unit] = []
    sides = told_apart(base.units, target.units, branch.units)
    keys = tuple(frozenset(unit.key for unit in units) for units in sides)
    parts = list(align(*sides))
    for part, after in zip_longest(parts, parts[1:]):
        if isinstance(part, Step):
            unit = merge_unit(part.base, part.target, part.branch, way)
            if unit is None:
                return None
            merged.append(unit)
            continue
        units = _one_sided(part)
        if units is None and moves(part, keys):
            return None
        if units is None:
            units = _merge_stretch(part, target, way)
        if units is None:
            return None
        merged += _spaced(units, part, after) if isinstance(after, Step) else units
    names = [unit.key for unit in merged if unit.role in _FREE]
    if len(set(names)) < len(names):
        return None
    return ordered(tuple(merged), *sides)


def merge_unit(base: Unit, target: Unit, branch: Unit, way: Way) -> Unit | None:
    """Return one unit that all three have."""
    gap = _pick(base.gap, target.gap, branch.gap)
    if branch.whole in (base.whole, target.whole):
        return replace(target, gap=gap)
    if base.whole == target.whole:
        return replace(branch, gap=gap)
    blank = _merge_blanks(base, target, branch, way)
    if blank is not None:
        return replace(blank, gap=gap)
    if base.block and target.block and branch.block:
        block = merge_blocks(base.block, target.block, branch.block, way)
        rest = merge_text((base.rest, target.rest, branch.rest), way)
        if block is not None and rest is not None:
            return replace(target, gap=gap, text=block_text(block), rest=rest, block=block)
    return _merge_as_text(base, target, branch, gap, way)


def _merge_blanks(base: Unit, target: Unit, branch: Unit, way: Way) -> Unit | None:
    """Return the side that did more than to lay out anew; None when both did."""
    b, t, r = (way.spelled(unit.whole) for unit in (base, target, branch))
    if r in (b, t):
        return target
    return branch if t == b else None


def _merge_as_text(base: Unit, target: Unit, branch: Unit, gap: str, way: Way) -> Unit | None:
    """Merge one unit by its lines; a separator ends the last one before its end."""
    end = "" if base.text.endswith("\n") else "\n"
    text = merge_text((base.text + end, target.text + end, branch.text + end), way)
    rest = merge_text((base.rest, target.rest, branch.rest), way)
    if text is None or rest is None:
        return None
    return replace(target, gap=gap, text=text.removesuffix(end), rest=rest, block=None)


def _pick(base: str, target: str, branch: str) -> str:
    return branch if target == base else target


def _alike(*blocks: Block) -> bool:
    shapes = {(block.separator, block.free, bool(block.joint)) for block in blocks}
    return len(shapes) == 1


def _same(one: Units, two: Units) -> bool:
    return [unit.whole for unit in one] == [unit.whole for unit in two]


def _one_sided(part: Stretch) -> Units | None:
    """Return what one side did, or both alike; None when both did something."""
    if _same(part.branch, part.base) or _same(part.branch, part.target):
        return part.target
    return part.branch if _same(part.target, part.base) else None


def _merge_stretch(part: Stretch, block: Block, way: Way) -> Units | None:
    every = (*part.base, *part.target, *part.branch)
    if block.free and all(unit.role in _FREE for unit in every):
        return _merge_freely(part, way)
    return None if block.separator else _merge_lines(part, block, way)


def _merge_lines(part: Stretch, block: Block, way: Way) -> Units | None:
    """Merge a stretch by its lines; what comes of it is one piece."""
    base, target, branch = (
        units_text(units, block) for units in (part.base, part.target, part.branch)
    )
    text = merge_text((base, target, branch), way)
    if text is None:
        return None
    key = f"lines {text}"
    return (Unit(key=key, role=Role.OTHER, gap="", text=text, rest="", block=None),)


def _merge_freely(part: Stretch, way: Way) -> Units | None:
    """Merge a stretch of named units: what each side took away goes, what it added comes."""
    if _moved(part) or clash(part, keep_both=way.keep_both) or changes_what_went(part):
        return None
    base, branch = _by_key(part.base), _by_key(part.branch)
    merged: list[Unit] = []
    for unit in part.target:
        made = _in_free_order(unit, base.get(unit.key), branch.get(unit.key), way)
        if made is None:
            return None
        if unit.key in branch or unit.key not in base:
            merged.append(made)
    heirs = heirs_of(part.base, part.target)
    known = base.keys() | branch.keys() | set(heirs.values())
    target = _by_key(part.target)
    for place, unit in enumerate(part.branch):
        if unit.key not in target and unit.key not in base:
            above = [heirs.get(one.key, one.key) for one in part.branch[:place]]
            _insert(merged, unit, above, known)
    return tuple(merged)


def _by_key(units: Units) -> dict[str, Unit]:
    return {unit.key: unit for unit in units}


def _in_free_order(target: Unit, base: Unit | None, branch: Unit | None, way: Way) -> Unit | None:
    """Return what comes of a unit that the target has."""
    if branch is None:
        return target
    return merge_unit(base, target, branch, way) if base else _added_twice(target, branch, way)


def _spaced(units: Units, part: Stretch, after: Step) -> Units:
    """Keep blank rows once that both sides' first addition took over from the unit below."""
    gap, left = after.base.gap, after.branch.gap
    first = part.branch[0] if part.branch else None
    if first is None or part.base or first.gap != gap or gap == left:
        return units
    place = next((at for at, unit in enumerate(units) if unit.key == first.key), 0)
    if place == 0:
        return units
    together = first.role is units[place - 1].role is Role.IMPORT
    spaced = replace(units[place], gap=min(gap, left, key=len) if together else left)
    return (*units[:place], spaced, *units[place + 1 :])


def _moved(part: Stretch) -> bool:
    """Whether units that two lists share stand in another order."""
    sides = [[unit.key for unit in units] for units in (part.base, part.target, part.branch)]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        first = [key for key in sides[one] if key in sides[two]]
        if first != [key for key in sides[two] if key in sides[one]]:
            return True
    return False


def _added_twice(target: Unit, branch: Unit, way: Way) -> Unit | None:
    if target.whole == branch.whole:
        return target
    if target.role is not Role.IMPORT or target.block is None or branch.block is None:
        return None
    empty = replace(target.block, units=())
    other = replace(branch.block, head=target.block.head, tail=target.block.tail)
    block = merge_blocks(empty, target.block, other, way)
    return None if block is None else replace(target, text=block_text(block), block=block)


def _insert(merged: list[Unit], unit: Unit, above: list[str], known: set[str]) -> None:
    """Insert a unit of the branch below its neighbour there, and below what only the target has."""
    keys = [one.key for one in merged]
    place = next((keys.index(key) + 1 for key in reversed(above) if key in keys), 0)
    while place < len(merged) and merged[place].key not in known:
        if merged[place].gap and not unit.gap:
            break
        place += 1
    merged.insert(place, unit)
