"""Where three sequences run in step: the walk that diff3 and the merge of units share.

Longest common runs first, as `difflib`; where that could take minutes, as patience diff: by lines
that stand once on either side, in the longest order that both have. A text of 100,000 lines that is
made to take long takes some seconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Run: TypeAlias = "tuple[int, int, int]"
"""Start in the one sequence, start in the other, length."""
Places: TypeAlias = "tuple[int, int, int]"
"""A place in base, target and branch."""

EXACT_LIMIT = 4_000_000
"""Product of two lengths up to which the longest common runs are looked for."""
_GAP_LIMIT = 4_000
"""The same between two lines that stand once; otherwise what is between them differs."""


def in_step(
    base: Sequence[str], target: Sequence[str], branch: Sequence[str], *, autojunk: bool = True
) -> Iterator[tuple[Places, int]]:
    """Yield where all three run in step (start in each, length); the last is their end.

    `autojunk` passes over elements that are frequent in a long sequence, as `difflib` says.
    """
    to_target = common_runs(base, target, autojunk=autojunk)
    to_branch = common_runs(base, branch, autojunk=autojunk)
    i = j = 0
    while i < len(to_target) and j < len(to_branch):
        (one, in_target, length), (two, in_branch, other) = to_target[i], to_branch[j]
        start, end = max(one, two), min(one + length, two + other)
        if start < end:
            yield (start, in_target + start - one, in_branch + start - two), end - start
        if one + length < two + other:
            i += 1
        else:
            j += 1
    yield (len(base), len(target), len(branch)), 0


def common_runs(one: Sequence[str], two: Sequence[str], *, autojunk: bool = True) -> list[Run]:
    """Return where two sequences agree, in their order."""
    if len(one) * len(two) <= EXACT_LIMIT:
        return _longest(one, two, autojunk=autojunk)
    runs: list[Run] = []
    a = b = 0
    for i, j in (*_lines_in_order(one, two), (len(one), len(two))):
        runs += _between(one, two, (a, i), (b, j))
        if i < len(one):
            runs.append((i, j, 1))
        a, b = i + 1, j + 1
    return runs


def _longest(one: Sequence[str], two: Sequence[str], *, autojunk: bool) -> list[Run]:
    found = SequenceMatcher(None, one, two, autojunk=autojunk).get_matching_blocks()
    return [(run.a, run.b, run.size) for run in found if run.size]


def _lines_in_order(one: Sequence[str], two: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest rising row of places of lines that stand once on either side."""
    here, there = _once(one), _once(two)
    pairs = [(place, there[line]) for line, place in here.items() if line in there]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    row: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        row.append(pairs[number])
        number = before[number]
    return row[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    times = Counter(lines)
    return {line: place for place, line in enumerate(lines) if times[line] == 1}


def _between(
    one: Sequence[str], two: Sequence[str], here: tuple[int, int], there: tuple[int, int]
) -> Iterator[Run]:
    """Yield what agrees at both ends of a gap, and what is between where that is small."""
    (a, end), (b, last) = here, there
    front = 0
    while a + front < end and b + front < last and one[a + front] == two[b + front]:
        front += 1
    if front:
        yield a, b, front
    a, b = a + front, b + front
    back = 0
    while end - back > a and last - back > b and one[end - back - 1] == two[last - back - 1]:
        back += 1
    end, last = end - back, last - back
    if (end - a) * (last - b) <= _GAP_LIMIT:
        for run in _longest(one[a:end], two[b:last], autojunk=False):
            yield run[0] + a, run[1] + b, run[2]
    if back:
        yield end, last, back
