"""Two changes of one sequence woven into one, wherever they leave each other's places alone."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

EXACT_LIMIT = 800
"""Longer sequences are compared by their rarer elements only: time stays near linear."""

Clash: TypeAlias = "Callable[[list[str], list[str], list[str]], list[str] | None]"
"""Base, target and branch of a place that both changed to what stands there, or None."""


class Edit(NamedTuple):
    """`base[start:end]` becomes `put`."""

    start: int
    end: int
    side: int
    """0 the target, 1 the branch."""
    put: tuple[str, ...]


def weave(
    base: Sequence[str],
    target: Sequence[str],
    branch: Sequence[str],
    *,
    touching: bool,
    clash: Clash | None = None,
) -> list[str] | None:
    """Return the base with the changes of both sides; None where they cannot both be made.

    `touching` lets a change begin where the other's ends; otherwise an element that both kept must
    stand between them. Two different insertions at one place always clash.
    """
    edits = sorted([*edits_of(base, target, 0), *edits_of(base, branch, 1)])
    woven: list[str] = []
    at = 0
    for group in _groups(edits, touching=touching):
        low, high = group[0].start, max(edit.end for edit in group)
        woven += base[at:low]
        at = high
        made = _made(base, low, high, group, clash)
        if made is None:
            return None
        woven += made
    return [*woven, *base[at:]]


def edits_of(base: Sequence[str], side: Sequence[str], number: int = 0) -> Iterator[Edit]:
    """Yield the changes that make the side of the base, in order."""
    matcher = SequenceMatcher(None, base, side, autojunk=len(side) > EXACT_LIMIT)
    for kind, start, end, first, last in matcher.get_opcodes():
        if kind != "equal":
            yield Edit(start, end, number, tuple(side[first:last]))


def _groups(edits: Sequence[Edit], *, touching: bool) -> Iterator[list[Edit]]:
    """Yield the edits that must be judged together."""
    group: list[Edit] = []
    high = 0
    for edit in edits:
        if group and not _meets(edit, group, high, touching=touching):
            yield group
            group = []
        high = max(high, edit.end) if group else edit.end
        group.append(edit)
    if group:
        yield group


def _meets(edit: Edit, group: Sequence[Edit], high: int, *, touching: bool) -> bool:
    if edit.start != high:
        return edit.start < high
    if not touching:
        return True
    return edit.start == edit.end and any(
        other.start == other.end == edit.start and other.side != edit.side for other in group
    )


def _made(
    base: Sequence[str], low: int, high: int, group: Sequence[Edit], clash: Clash | None
) -> list[str] | None:
    one, two = (
        _applied(base, low, high, [edit for edit in group if edit.side == side]) for side in (0, 1)
    )
    sides = {edit.side for edit in group}
    if len(sides) == 1:
        return one if sides == {0} else two
    if one == two:
        return one
    return clash(list(base[low:high]), one, two) if clash else None


def _applied(base: Sequence[str], low: int, high: int, edits: Sequence[Edit]) -> list[str]:
    text: list[str] = []
    at = low
    for edit in edits:
        text += [*base[at : edit.start], *edit.put]
        at = edit.end
    return [*text, *base[at:high]]
