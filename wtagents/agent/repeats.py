"""Whether an agent goes in circles: one tool call, made again and again, with one outcome.

An edit that changes something, or another failure of the same tests, is progress; so call and
outcome must both be the same. Numbers in an outcome are passed over: durations, pids and times
differ in what is otherwise the same failure.
"""

from __future__ import annotations

import json
import re
from collections import Counter, deque

from wtagents.system.digest import digest

WINDOW = 24
"""Calls that are remembered: a circle of edit, test and look fits in several times."""
_MARK_BYTES = 8
_LONGEST_OUTCOME = 20_000
_NUMBERS = re.compile(r"[0-9]+")


def mark_of(tool: object, arguments: object) -> str:
    """Return the same mark for the same call."""
    text = json.dumps([tool, arguments], sort_keys=True, default=str)
    return digest(text.encode(errors="replace"), size=_MARK_BYTES)


class Repeats:
    """Counts equal calls with equal outcomes among the latest ones."""

    def __init__(self) -> None:
        self._calls: dict[str, tuple[str, str]] = {}
        self._seen: deque[tuple[str, str, bool]] = deque(maxlen=WINDOW)
        self._lines: dict[str, str] = {}

    def begin(self, tool_id: str, mark: str, line: str) -> None:
        """Take note of a call; `line` says it to a person."""
        self._calls[tool_id] = (mark, line)

    def end(self, tool_id: str, outcome: str, *, failed: bool) -> None:
        """Take note of what came of it."""
        mark, line = self._calls.pop(tool_id, ("", ""))
        if mark:
            plain = _NUMBERS.sub("", outcome[:_LONGEST_OUTCOME])
            self._seen.append((mark, digest(plain.encode(errors="replace"), size=8), failed))
            self._lines[mark] = line
            remembered = {seen for seen, _, _ in self._seen}
            self._lines = {key: said for key, said in self._lines.items() if key in remembered}

    @property
    def most(self) -> tuple[int, str]:
        """How often the most frequent one came, and which it is."""
        if not self._seen:
            return 0, ""
        (mark, _, _), times = Counter(self._seen).most_common(1)[0]
        return times, self._lines.get(mark, "")
