"""Where in a unit the list of its inner units is, and what its layout is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from wtagents.core.record import record, replace
from wtagents.ladder.structural.naming import is_call_unit, is_comment, unwrapped

if TYPE_CHECKING:
    from tree_sitter import Node

    from wtagents.ladder.structural.language import Holder
    from wtagents.ladder.structural.source import Source

_LOOK_LIMIT = 300
"""Nodes looked at for the inside of one unit."""
_OPENING = ("(", "[", "{")


@record
class Inside:
    """A list of units in a unit."""

    node: Node
    holder: Holder
    items: tuple[Node, ...]
    flat: bool
    """Whether it stands on one row."""
    first: int
    """Its first row."""
    end: int
    """The row below it."""


def find_inside(source: Source, node: Node) -> Inside | None:
    """Return the widest list in a unit, a tall one before a flat one; None when there is none."""
    flat: Inside | None = None
    language = source.language
    inner = unwrapped(language, node)
    wanted = language.call_body if is_call_unit(language, inner) else ""
    queue, seen = deque([node]), 0
    while queue and seen < _LOOK_LIMIT:
        seen += 1
        one = queue.popleft()
        holder = _holder(source, one, wanted)
        inside = _inside(source, one, holder, node) if holder else None
        if inside and not inside.flat:
            return inside
        flat = flat or inside
        queue.extend(child for child in one.children if child.is_named)
    return flat


def _holder(source: Source, node: Node, wanted: str) -> Holder | None:
    holders = source.language.holders
    if wanted:
        return replace(holders[wanted], free=True) if node.type == wanted else None
    parent = node.parent.type if node.parent else ""
    return holders.get(f"{parent}>{node.type}") or holders.get(node.type)


def _inside(source: Source, node: Node, holder: Holder, unit: Node) -> Inside | None:
    children = list(node.children)
    if holder.after:
        at = next((i for i, child in enumerate(children) if child.type == holder.after), None)
        if at is None:
            return None
        children = children[at + 1 :]
    if holder.bare:
        return _bare(source, node, holder, unit, children)
    opening = next((child for child in children if child.type in _OPENING), None)
    items = tuple(child for child in children if child.is_named and not is_comment(child))
    if opening is None:
        row = source.row(node.start_byte)
        if not holder.after or not items or source.row(source.end(node) - 1) != row:
            return None
        return Inside(node=node, holder=holder, items=items, flat=True, first=row, end=row + 1)
    closing = children[-1]
    first, last = source.row(opening.start_byte), source.row(closing.start_byte)
    if first == last:
        plain = items and not any(is_comment(child) for child in children) and holder.separator
        return (
            Inside(node=node, holder=holder, items=items, flat=True, first=first, end=first + 1)
            if plain
            else None
        )
    apart = not items or (
        source.row(items[0].start_byte) > first and source.row(source.end(items[-1]) - 1) < last
    )
    if not apart or not source.begins_row(closing.start_byte):
        return None
    return Inside(node=node, holder=holder, items=items, flat=False, first=first + 1, end=last)


def _bare(
    source: Source, node: Node, holder: Holder, unit: Node, children: list[Node]
) -> Inside | None:
    items = tuple(child for child in children if child.is_named and not is_comment(child))
    if not items or not source.begins_row(items[0].start_byte):
        return None
    top = source.row(unit.start_byte)
    first = source.row(items[0].start_byte)
    if first == top and unit.start_byte != items[0].start_byte:
        return None
    while first - 1 > top and (source.is_blank(first - 1) or source.is_comment_line(first - 1)):
        first -= 1
    end = source.row(max(items[-1].start_byte, source.end(items[-1]) - 1)) + 1
    return Inside(node=node, holder=holder, items=items, flat=False, first=first, end=end)
