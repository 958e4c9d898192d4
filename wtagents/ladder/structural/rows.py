"""Rows of a side that stand in the merged text in another form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import Dropped, Side, count_lines

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from wtagents.core.landing.resolution import ConflictText

_WORD = re.compile(r"\w+|[^\w\s,]")
_REASON = "it stands in the merged row, with what the other side did there"


def reshaped_rows(conflict: ConflictText, text: str) -> Iterator[Dropped]:
    """Yield the rows that got or lost a comma, or took up what the other side has in that row."""
    sides = {Side.TARGET: count_lines(conflict.target), Side.BRANCH: count_lines(conflict.branch)}
    merged = count_lines(text)
    new = [line for line in merged if not any(lines[line] for lines in sides.values())]
    for side, lines in sides.items():
        for line, times in lines.items():
            missing = times - merged[line]
            if missing > 0 and _is_reshaped(line, merged, new):
                drop = Dropped(path=conflict.path, line=line, side=side, reason=_REASON)
                yield from [drop] * missing


def _is_reshaped(line: str, merged: Counter[str], new: Iterable[str]) -> bool:
    if merged[line.removesuffix(",")] or merged[f"{line},"]:
        return True
    words = _WORD.findall(line)
    return any(_holds(_WORD.findall(row), words) for row in new)


def _holds(row: list[str], words: list[str]) -> bool:
    """Whether the words stand in the row, in their order."""
    rest = iter(row)
    return all(word in rest for word in words)
