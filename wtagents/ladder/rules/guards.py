"""When a woven text is not to be trusted although every word of both sides is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import split_lines
from wtagents.core.landing.resolution import count_lines
from wtagents.ladder.weave import edits_of
from wtagents.ladder.words import quoted, squeezed, words

if TYPE_CHECKING:
    from wtagents.core.landing.diff3 import Hunk

_NUMBER = re.compile(r"\d")
_INDENTED = frozenset({"py", "pyi", "yaml", "yml", "nim", "coffee", "sass", "haml", "pug", "fs"})
"""Endings of files in which the white space that begins a row says what belongs together."""


def doubles_a_line(hunk: Hunk, text: str) -> bool:
    """Whether a line stands there more often than on either side."""
    result, target, branch = map(count_lines, (text, hunk.target, hunk.branch))
    return any(
        times > max(target[line], branch[line])
        for line, times in result.items()
        if times > 1 and any(map(str.isalnum, line))
    )


def both_change_numbers(hunk: Hunk) -> bool:
    """Whether each side put a number of its own: versions, counters, dates."""
    base = words(hunk.base)
    added = (words(side) - base for side in (hunk.target, hunk.branch))
    return all(any(map(_NUMBER.search, side)) for side in added)


def changes_meaningful_space(path: str, before: str, after: str) -> bool:
    """Whether two texts that differ by white space differ in quotes, or in rows that it orders."""
    inside = quoted(before)
    if inside is None or inside != quoted(after):
        return before != after
    if path.rpartition(".")[2].lower() not in _INDENTED:
        return False
    return _levels(before) != _levels(after)


def _levels(text: str) -> list[tuple[int, str]]:
    """Return every row as how far it is indented beyond the least, and its words."""
    rows = [row.expandtabs() for row in text.splitlines() if row.strip()]
    depths = [len(row) - len(row.lstrip()) for row in rows]
    least = min(depths, default=0)
    return [(depth - least, squeezed(row)) for depth, row in zip(depths, rows, strict=True)]


def only_removes(hunk: Hunk) -> bool:
    """Whether one side does nothing but take lines away beside the other's edit."""
    base = split_lines(hunk.base)
    return any(
        not any(edit.put for edit in edits_of(base, split_lines(side)))
        for side in (hunk.target, hunk.branch)
    )
