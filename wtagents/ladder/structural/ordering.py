"""Where additions of both sides stand: a paragraph that both sides keep sorted stays sorted."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.record import replace
from wtagents.ladder.structural.unit import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wtagents.ladder.structural.alignment import Units
    from wtagents.ladder.structural.unit import Unit

_ENOUGH = 3
"""Units of a side from which on their order is a rule and no accident."""
_LEADING = re.compile(r"^(?:pub(?:\([^)]*\))?|import|export|from|use|static|type|#include) +")
_PARTS = re.compile(r"::|[./]")
_PLACES = {"self": "", "super": " ", "crate": "!"}
"""Where the formatter of Rust puts paths into the own crate: first."""
_SOURCE = re.compile(r"""from ['"]([^'"]+)""")

SortKey: TypeAlias = "Callable[[str], tuple[str, ...]]"


def ordered(merged: Units, base: Units, target: Units, branch: Units) -> Units:
    """Return the merged units in an order that both sides keep, else in the order given."""
    known = {unit.key for unit in base}
    new_in_target = {unit.key for unit in target} - known
    new_in_branch = {unit.key for unit in branch} - known
    if not new_in_target or not new_in_branch:
        return merged
    result: list[Unit] = []
    for paragraph in _paragraphs(merged):
        keys = {unit.key for unit in paragraph}
        if keys & new_in_target and keys & new_in_branch:
            sides = [[unit for unit in side if unit.key in keys] for side in (target, branch)]
            result += _sorted(paragraph, *sides)
        else:
            result += paragraph
    return tuple(result)


def _paragraphs(units: Units) -> Iterator[list[Unit]]:
    """Yield the units in runs without blank rows, of one role and one row each."""
    run: list[Unit] = []
    for unit in units:
        if run and (unit.gap or not _is_small(unit) or unit.role is not run[-1].role):
            yield run
            run = []
        run.append(unit)
        if not _is_small(unit):
            yield run
            run = []
    if run:
        yield run


def _is_small(unit: Unit) -> bool:
    return unit.role is Role.IMPORT or (
        unit.role in (Role.NAMED, Role.ITEM) and "\n" not in unit.text.removesuffix("\n")
    )


def _sorted(paragraph: list[Unit], target: list[Unit], branch: list[Unit]) -> list[Unit]:
    if min(len(target), len(branch)) < _ENOUGH:
        return paragraph
    for key in _SORT_KEYS:
        if _is_sorted(target, key) and _is_sorted(branch, key):
            gap = paragraph[0].gap
            made = sorted(paragraph, key=lambda unit: key(_name(unit)))
            return [replace_gap(unit, gap if place == 0 else "") for place, unit in enumerate(made)]
    return paragraph


def replace_gap(unit: Unit, gap: str) -> Unit:
    """Return the unit with other blank rows above."""
    return unit if unit.gap == gap else replace(unit, gap=gap)


def _is_sorted(units: list[Unit], key: SortKey) -> bool:
    keys = [key(_name(unit)) for unit in units]
    return all(one <= two for one, two in pairwise(keys))


def _name(unit: Unit) -> str:
    name = unit.key.partition(" ")[2]
    if unit.role is Role.NAMED:
        name = name.partition(" ")[2].strip("\"'")
    return name


def _bare(name: str) -> str:
    while match := _LEADING.match(name):
        name = name[match.end() :]
    return name.rstrip("; ").strip("\"'")


def _by_path(name: str) -> tuple[str, ...]:
    return tuple(_PLACES.get(part, part) for part in _PARTS.split(_bare(name)))


def _by_kind(name: str) -> tuple[str, ...]:
    return ("" if name.startswith("import") else "from", _bare(name).casefold())


def _by_source(name: str) -> tuple[str, ...]:
    found = _SOURCE.search(name)
    return (found.group(1) if found else name,)


_SORT_KEYS: tuple[SortKey, ...] = (
    lambda name: (name,),
    lambda name: (name.casefold(),),
    _by_path,
    lambda name: tuple(_PARTS.split(_bare(name).casefold())),
    _by_kind,
    _by_source,
)
