"""Lines under columns as values: what a table shows, and how it fits the room there is. Pure."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from wtagents.core.figures import text_width
from wtagents.core.record import record
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

GAP = 2
"""Spaces between two columns."""
ENOUGH = 34
"""Columns of a terminal that the flexible column should have before others are spared."""


class Tone(StrEnum):
    """What a piece of text is; the theme gives it a colour. Meaning is in the words as well."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    GOOD = "good"
    NOTICE = "notice"
    BAD = "bad"
    ACCENT = "accent"
    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    NAME = "name"
    """A function, class or tag where it is defined."""


@record
class Cell:
    """One cell: pieces of one line of text, each in its tone."""

    parts: tuple[tuple[str, Tone], ...]

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(text for text, _ in self.parts)

    @property
    def width(self) -> int:
        """How many columns of the terminal it takes."""
        width = 0
        for text, _ in self.parts:
            width += text_width(text)
        return width


EMPTY = Cell(parts=())


def cell(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a cell of one piece, without anything that could steer a terminal."""
    shown = printable(text)
    return Cell(parts=((shown, tone),)) if shown else EMPTY


@lru_cache(maxsize=4096)
def own(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """Return a cell of a word or a figure of our own: nothing in it could steer a terminal."""
    return Cell(parts=((text, tone),)) if text else EMPTY


def without_first(shown: Cell, columns: int) -> Cell:
    """Return a cell without its first columns of the terminal; of a wide rune a space is left."""
    parts, left = [], columns
    for text, tone in shown.parts:
        start = 0
        while left > 0 and start < len(text):
            left -= text_width(text[start])
            start += 1
        rest = " " * -left + text[start:] if left < 0 else text[start:]
        left = max(left, 0)
        if rest:
            parts.append((rest, tone))
    return Cell(parts=tuple(parts))


@record
class Column:
    """One column of a table."""

    title: str
    width: int = 0
    """0: as wide as its widest cell, up to `most`."""
    most: int = 1000
    right: bool = False
    """Numbers stand to the right."""
    flexible: bool = False
    """Takes the room that the others leave. One column of a table does."""
    spare: int = 0
    """Is left out, the highest first, when the flexible column would get less than enough."""


@record
class Row:
    """One line that can be chosen."""

    key: str
    """Names it for as long as it is there; the cursor stays on it when it moves."""
    cells: tuple[Cell, ...]
    ground: str = ""
    """Names another background: `added`, `removed`."""

    def width(self, index: int) -> int:
        """Return how many columns of the terminal a cell takes."""
        return self.cells[index].width


class LiveRow:
    """A line whose words go on with time: its cells are made when somebody looks at them."""

    __slots__ = ("_draw", "_widths", "key")
    ground = ""

    def __init__(
        self, key: str, widths: tuple[int, ...], draw: Callable[[], tuple[Cell, ...]]
    ) -> None:
        """`widths` are those of its cells; what time changes widens no column."""
        self.key = key
        self._widths = widths
        self._draw = draw

    def width(self, index: int) -> int:
        """Return how many columns of the terminal a cell takes."""
        return self._widths[index]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What it says now."""
        return self._draw()


def widths_of(columns: Iterable[Column], cells: Iterable[Cell]) -> tuple[int, ...]:
    """Return how many columns of the terminal each cell takes, where that widens its column."""
    return tuple(
        [
            0 if each is EMPTY or column.width or column.flexible else each.width
            for column, each in zip(columns, cells, strict=True)
        ]
    )


@record
class Heading:
    """A line between rows that cannot be chosen."""

    text: str
    note: str = ""
    tone: Tone | None = None
    """None for the usual one of headings."""


Line = Row | LiveRow | Heading


@record
class Slot:
    """Where a column stands."""

    index: int
    """Of the column, and of its cell in each row."""
    start: int
    width: int


def fit(columns: Sequence[Column], lines: Sequence[Line], room: int) -> tuple[Slot, ...]:
    """Place the columns in a line of `room` terminal columns, the least needed left out."""
    rows = [each for each in lines if not isinstance(each, Heading)]
    widths = {index: _width(column, index, rows) for index, column in enumerate(columns)}
    widths = {index: width for index, width in widths.items() if width or columns[index].flexible}
    flexible = [index for index in widths if columns[index].flexible]
    for index in sorted(widths, key=lambda each: -columns[each].spare):
        if not columns[index].spare or _left(widths, flexible, room) >= ENOUGH * len(flexible):
            break
        del widths[index]
    for index in flexible:
        widths[index] = max(0, _left(widths, flexible, room) // len(flexible))
    return _placed(widths)


def _width(column: Column, index: int, rows: Sequence[Row | LiveRow]) -> int:
    if column.flexible or column.width:
        return column.width
    widest = max([each.width(index) for each in rows], default=0)
    return min(max(widest, len(column.title)), column.most) if widest else 0


def _left(widths: dict[int, int], flexible: Sequence[int], room: int) -> int:
    fixed = sum(width for index, width in widths.items() if index not in flexible)
    return room - fixed - GAP * (len(widths) - 1)


def _placed(widths: dict[int, int]) -> tuple[Slot, ...]:
    slots, start = [], 0
    for index, width in widths.items():
        slots.append(Slot(index=index, start=start, width=width))
        start += width + GAP
    return tuple(slots)
