"""From a syntax tree to units. A list that is laid out in another way than expected is no block."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.ladder.structural.holders import Inside, find_inside
from wtagents.ladder.structural.naming import is_comment, normal, role_and_key
from wtagents.ladder.structural.unit import Block, Role, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from wtagents.ladder.structural.language import Holder
    from wtagents.ladder.structural.source import Source

_NEST_LIMIT = 30


@record
class Span:
    """Consecutive rows and the nodes that begin on them; several share a row."""

    first: int
    last: int
    nodes: tuple[Node, ...]


@record
class Field:
    """The rows of a list of units, and how they are separated."""

    first: int
    end: int
    holder: Holder | None
    comments: frozenset[int]
    """Rows that are comments."""
    depth: int


def read_text(source: Source, root: Node) -> Block | None:
    """Return the whole text as one block; None when its lines cannot be told apart."""
    items = [child for child in root.named_children if not is_comment(child)]
    field = Field(
        first=0, end=source.rows, holder=None, comments=_comment_rows(source, root), depth=0
    )
    tiled = _tile(source, items, field)
    if tiled is None:
        return None
    units, tail = tiled
    return Block(
        head="",
        units=units,
        tail=tail,
        free=True,
        separator="",
        ends=False,
        joint="",
    )


def _tile(
    source: Source, items: Sequence[Node], field: Field
) -> tuple[tuple[Unit, ...], str] | None:
    """Return the units of the rows, and the blank rows below them."""
    units: list[Unit] = []
    row = field.first
    for span in _spans(source, items):
        if span.first < row or span.last >= field.end:
            return None
        loose = _loose(source, row, span.first, field)
        if loose is None:
            return None
        *alone, (gap, lead) = loose
        units += [_comment(*pair) for pair in alone]
        unit = _unit(source, span, field, gap=gap, lead=lead, last=span.nodes[-1] == items[-1])
        if unit is None:
            return None
        units.append(unit)
        row = span.last + 1
    loose = _loose(source, row, field.end, field)
    if loose is None:
        return None
    units += [_comment(*pair) for pair in loose if pair[1]]
    return tuple(units), "" if loose[-1][1] else loose[-1][0]


def _spans(source: Source, items: Sequence[Node]) -> list[Span]:
    spans: list[Span] = []
    leading: Node | None = None
    for node in items:
        first = source.row((leading or node).start_byte)
        if node.type in source.language.leads:
            leading = leading or node
            continue
        leading = None
        last = source.row(max(node.start_byte, source.end(node) - 1))
        if spans and first <= spans[-1].last:
            before = spans.pop()
            first, last = before.first, max(last, before.last)
            spans.append(Span(first=first, last=last, nodes=(*before.nodes, node)))
        else:
            spans.append(Span(first=first, last=last, nodes=(node,)))
    return spans


def _loose(source: Source, first: int, end: int, field: Field) -> list[tuple[str, str]] | None:
    """Return the paragraphs between two units as (blank rows above, text).

    The last one touches the next unit; its text is '' where a blank row stands between.
    None when a row is neither blank nor comment.
    """
    paragraphs: list[tuple[str, str]] = [("", "")]
    for row in range(first, end):
        gap, text = paragraphs[-1]
        line = source.lines(row, row + 1)
        if source.is_blank(row):
            if text:
                paragraphs.append((line, ""))
            else:
                paragraphs[-1] = (gap + line, "")
        elif row in field.comments or source.is_comment_line(row):
            paragraphs[-1] = (gap, text + line)
        else:
            return None
    return paragraphs


def _comment(gap: str, text: str) -> Unit:
    key = f"comment {normal(text)}"
    return Unit(key=key, role=Role.COMMENT, gap=gap, text=text, rest="", block=None)


def _unit(
    source: Source, span: Span, field: Field, *, gap: str, lead: str, last: bool
) -> Unit | None:
    node, holder = span.nodes[-1], field.holder
    end, line_end = source.end(node), source.starts[span.last + 1]
    start = source.starts[span.first]
    rest = ""
    if holder and holder.separator:
        behind = node.next_sibling
        separated = behind is not None and behind.type == holder.separator
        if separated and behind is not None and source.row(behind.start_byte) == span.last:
            rest = source.text(behind.end_byte, line_end)
        elif last and not separated:
            rest = source.text(end, line_end)
        else:
            return None
    else:
        end = line_end
    text = lead + source.text(start, end)
    block = None
    if len(span.nodes) == 1 and field.depth < _NEST_LIMIT:
        block = _block(source, node, start=start, end=end, lead=lead, depth=field.depth + 1)
    role, name = role_and_key(source.language, node, holder)
    if len(span.nodes) > 1 or not source.begins_row(span.nodes[0].start_byte):
        role, name = Role.OTHER, ""
    if role is Role.NAMED:
        name += _conditions(source, start, node)
    if role is Role.OTHER and block is not None:
        name = f"around {_outline(block, lead)}"
    key = f"{role.value} {name or normal(text + rest)}"
    return Unit(key=key, role=role, gap=gap, text=text, rest=rest, block=block)


def _conditions(source: Source, start: int, node: Node) -> str:
    """Return the leads of a unit that say when it is there."""
    pattern = source.language.condition
    if not pattern:
        return ""
    found = re.findall(pattern, source.text(start, node.start_byte))
    return "".join(f" {normal(each)}" for each in found)


def _outline(block: Block, lead: str) -> str:
    outline = block.head.removeprefix(lead) + block.tail
    return normal(outline.translate(str.maketrans("(){}[],", "       ")))


def _block(
    source: Source, node: Node, *, start: int, end: int, lead: str, depth: int
) -> Block | None:
    inside = find_inside(source, node)
    if inside is None:
        return None
    if inside.flat:
        return _flat(source, inside, start=start, end=end, lead=lead)
    field = Field(
        first=inside.first,
        end=inside.end,
        holder=inside.holder,
        comments=_comment_rows(source, inside.node),
        depth=depth,
    )
    tiled = _tile(source, inside.items, field)
    if tiled is None:
        return None
    units, below = tiled
    behind = inside.items[-1].next_sibling if inside.items else None
    separator = inside.holder.separator
    return Block(
        head=lead + source.text(start, source.starts[inside.first]),
        units=units,
        tail=below + source.text(source.starts[inside.end], max(end, source.starts[inside.end])),
        free=inside.holder.free,
        separator=separator,
        ends=bool(separator) and behind is not None and behind.type == separator,
        joint="",
    )


def _flat(source: Source, inside: Inside, *, start: int, end: int, lead: str) -> Block | None:
    items, separator = inside.items, inside.holder.separator
    joints = {source.text(one.end_byte, two.start_byte) for one, two in pairwise(items)}
    joint = joints.pop() if len(joints) == 1 else f"{separator} "
    behind = items[-1].next_sibling
    ends = behind is not None and behind.type == separator
    if joints or joint.strip() != separator or ends:
        return None
    units = []
    for item in items:
        role, name = role_and_key(source.language, item, inside.holder)
        text = source.text(item.start_byte, item.end_byte)
        key = f"{role.value} {name or normal(text)}"
        units.append(Unit(key=key, role=role, gap="", text=text, rest="", block=None))
    return Block(
        head=lead + source.text(start, items[0].start_byte),
        units=tuple(units),
        tail=source.text(items[-1].end_byte, end),
        free=inside.holder.free,
        separator=separator,
        ends=False,
        joint=joint,
    )


def _comment_rows(source: Source, node: Node) -> frozenset[int]:
    rows: set[int] = set()
    for child in node.children:
        if is_comment(child) and source.begins_row(child.start_byte):
            end = max(child.start_byte, source.end(child) - 1)
            rows.update(range(source.row(child.start_byte), source.row(end) + 1))
    return frozenset(rows)
