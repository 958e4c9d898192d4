"""How answers look: tones and tables.

Meaning is always in the words, never in colour alone.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

from wtagents.core.figures import cut, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESET = "\x1b[0m"


class Tone(Enum):
    """What a piece of text is; the value is its SGR sequence."""

    PLAIN = ""
    STRONG = "\x1b[1m"
    FAINT = "\x1b[2m"
    GOOD = "\x1b[32m"
    NOTICE = "\x1b[33m"
    BAD = "\x1b[31m"
    ACCENT = "\x1b[36m"


class Cell:
    """One cell of a table."""

    __slots__ = ("text", "tone")

    def __init__(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        self.text = text
        self.tone = tone


class Column:
    """One column of a table."""

    __slots__ = ("flexible", "right", "spare", "title")

    def __init__(
        self, title: str, *, right: bool = False, flexible: bool = False, spare: int = 0
    ) -> None:
        self.title = title
        self.right = right
        """Numbers stand to the right."""
        self.flexible = flexible
        """Is cut when the table is wider than the screen."""
        self.spare = spare
        """Is left out, the highest first, when a flexible column would get less than it needs."""


class Style:
    """What the reader's screen can show."""

    def __init__(self, *, color: bool, width: int) -> None:
        self.color = color
        self.width = width

    def paint(self, text: str, tone: Tone) -> str:
        """Return the text in its tone."""
        return f"{tone.value}{text}{RESET}" if self.color and tone.value and text else text

    def heading(self, text: str) -> str:
        """Return the title of a part of the answer."""
        return self.paint(text, Tone.STRONG)

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]], *, indent: int = 0
    ) -> list[str]:
        """Lay out rows under their titles, one line each, no line wider than the screen.

        A column without any text is left out. Flexible columns are cut, the widest first.
        """
        cells = [[Cell(c) if isinstance(c, str) else c for c in row] for row in rows]
        widths = {
            i: max([text_width(column.title), *(text_width(row[i].text) for row in cells)])
            for i, column in enumerate(columns)
            if any(row[i].text for row in cells)
        }
        _spare(widths, columns, self.width - indent)
        _shrink(widths, columns, self.width - indent)
        titles = [Cell(column.title, Tone.FAINT) for column in columns]
        head = [titles] if any(columns[i].title for i in widths) else []
        return [self._row(columns, row, widths, indent) for row in head + cells]

    def _row(
        self,
        columns: Sequence[Column],
        row: Sequence[Cell],
        widths: dict[int, int],
        indent: int,
    ) -> str:
        parts, written, wanted = [" " * indent], 0, 0
        for i, width in widths.items():
            text = cut(row[i].text, width)
            lead = width - text_width(text) if columns[i].right else 0
            if text:
                parts.append(" " * (wanted + lead - written))
                parts.append(self.paint(text, row[i].tone))
                written = wanted + lead + text_width(text)
            wanted += width + 2
        return "".join(parts) if written else ""


_LEAST, _ENOUGH = 8, 32
"""Columns of text that a cut column keeps; and that it should have before others are spared."""


def _excess(widths: dict[int, int], room: int) -> int:
    return sum(widths.values()) + 2 * (len(widths) - 1) - room


def _spare(widths: dict[int, int], columns: Sequence[Column], room: int) -> None:
    """Leave out spare columns until the flexible ones have enough."""
    for i in sorted(widths, key=lambda i: -columns[i].spare):
        flexible = [width for j, width in widths.items() if columns[j].flexible]
        lent = sum(max(0, width - _ENOUGH) for width in flexible)
        if not columns[i].spare or _excess(widths, room) <= lent:
            return
        del widths[i]


def _shrink(widths: dict[int, int], columns: Sequence[Column], room: int) -> None:
    flexible = [i for i in widths if columns[i].flexible]
    while flexible and _excess(widths, room) > 0:
        widest = max(flexible, key=lambda i: widths[i])
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1


def decide_color(*, choice: bool | None, tty: bool) -> bool:
    """Return whether to use colours: the flag, then NO_COLOR and FORCE_COLOR, then the screen."""
    if choice is not None:
        return choice
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return tty and os.environ.get("TERM") != "dumb"


def fields(style: Style, pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Lay out named facts, one per line; a fact without text is left out."""
    present = [(name, text) for name, text in pairs if text]
    width = max((len(name) for name, _ in present), default=0)
    return [
        f"{style.paint(name, Tone.FAINT)}{'':{width - len(name)}}  {text}" for name, text in present
    ]
