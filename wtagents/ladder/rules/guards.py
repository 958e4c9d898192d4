"""When a woven text is not to be trusted although every word of both sides is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.diff3 import split_lines
from wtagents.core.resolution import count_lines
from wtagents.ladder.weave import edits_of
from wtagents.ladder.words import words

if TYPE_CHECKING:
    from wtagents.core.diff3 import Hunk

_NUMBER = re.compile(r"\d")


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


def only_removes(hunk: Hunk) -> bool:
    """Whether one side does nothing but take lines away beside the other's edit."""
    base = split_lines(hunk.base)
    return any(
        not any(edit.put for edit in edits_of(base, split_lines(side)))
        for side in (hunk.target, hunk.branch)
    )
