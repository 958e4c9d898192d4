"""A table drawn line by line: what did not change is not drawn again.

A DataTable takes a sixth of a core to show 50 rows that change four times a second; this takes a
tenth of that. The cursor stands on a row, not on a place: it goes where its row goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from wtagents.core.figures import cut, text_width
from wtagents.dashboard.grid import Cell, Column, Heading, Slot, Tone, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events

    from wtagents.dashboard.grid import Line, LiveRow, Row

MARGIN = 1
"""Columns of the terminal left of the first and right of the last."""


class Table(ScrollView, can_focus=True):
    """Rows under titles, with a cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--title",
        "table--heading",
        "table--cursor",
        "table--added",
        "table--removed",
        *(f"table--{tone}" for tone in Tone),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(-1)", "First", show=False),
        Binding("end,G", "edge(1)", "Last", show=False),
        Binding("enter", "open", "Open"),
    ]

    class Chosen(Message):
        """The cursor stands on another row, or on none."""

        def __init__(self, table: Table, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            """Whose cursor it is."""
            return self.table

    class Opened(Chosen):
        """A row was asked for."""

    titled = True
    """Whether the titles of the columns stand on top."""

    def __init__(self, *, id: str, empty: str = "") -> None:  # noqa: A002  (Textual's own word)
        """`empty` is shown where there are no rows."""
        super().__init__(id=id)
        self._columns: tuple[Column, ...] = ()
        self._lines: tuple[Line, ...] = ()
        self._slots: tuple[Slot, ...] = ()
        self._key: str | None = None
        self._empty = empty
        self._drawn: dict[int, tuple[object, tuple[Cell, ...]]] = {}
        self._painted: dict[tuple[str, Style | None], Style] = {}

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        return self._key

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown, below the titles."""
        return self._lines

    def show(self, columns: Sequence[Column], lines: Sequence[Line], *, empty: str = "") -> None:
        """Show these lines; the cursor stays on its row, or near where it was."""
        before, slots, titles = self._lines, self._slots, self._columns
        self._columns, self._lines = tuple(columns), tuple(lines)
        self._empty = empty or self._empty
        self._slots = fit(self._columns, self._lines, self._room)
        place = self._place_in(before)
        self.virtual_size = Size(self.breadth, len(self._lines) + self._top)
        is_other = (titles, slots) != (self._columns, self._slots)
        if len(before) != len(self._lines) or is_other or not before:
            self.refresh()
        else:
            self.show_time()
        self._keep_cursor(place)

    def show_time(self) -> None:
        """Draw what is in sight and says something else than what stands there."""
        for index in self._in_sight:
            if self._drawn.get(index) != _said(self._lines[index]):
                self._refresh_index(index)

    def choose(self, key: str | None) -> None:
        """Put the cursor on a row and bring it into sight."""
        if key == self._key:
            return
        before, self._key = self._place_in(self._lines), key
        after = self._place_in(self._lines)
        for index in (before, after):
            if index is not None:
                self._refresh_index(index)
        self._reveal(after)
        self.post_message(self.Chosen(self, key))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the terminal; the titles stay on top."""
        width = self.size.width
        if y < self._top:
            return self._titles(width) if self._lines else Strip.blank(width, self._plain_style)
        index = self.scroll_offset.y + y - self._top
        if not self._lines and y == self._top + 1:
            return self._plain(self._empty, width, "table--faint")
        if index >= len(self._lines):
            return Strip.blank(width, self._plain_style)
        line = self._lines[index]
        _, cells = self._drawn[index] = _said(line)
        if isinstance(line, Heading):
            return self._heading(line, width)
        return self._row(line, cells, width)

    def action_move(self, by: int) -> None:
        """Go some rows down."""
        rows = [index for index, line in enumerate(self._lines) if not isinstance(line, Heading)]
        place = self._place_in(self._lines)
        at = rows.index(place) if place in rows else -by
        self._choose_index(rows[max(0, min(len(rows) - 1, at + by))] if rows else None)

    def action_page(self, pages: int) -> None:
        """Go some pages down."""
        self.action_move(pages * max(1, self.size.height - self._top - 1))

    def action_edge(self, way: int) -> None:
        """Go to the first or to the last row."""
        self.action_move(way * len(self._lines))

    def action_open(self) -> None:
        """Ask for the row under the cursor."""
        if self._key is not None:
            self.post_message(self.Opened(self, self._key))

    def on_click(self, event: events.Click) -> None:
        """Choose the row, open it with the second click."""
        index = self.scroll_offset.y + event.y - self._top
        if (
            event.y >= self._top
            and index < len(self._lines)
            and not isinstance(self._lines[index], Heading)
        ):
            self._choose_index(index)
            if event.chain > 1:
                self.action_open()

    def on_resize(self) -> None:
        """Place the columns again."""
        self._slots = fit(self._columns, self._lines, self._room)
        self.virtual_size = Size(self.breadth, len(self._lines) + self._top)
        self.refresh()
        self._reveal(self._place_in(self._lines))

    @property
    def breadth(self) -> int:
        """Columns of the terminal that all of it takes."""
        return self.size.width

    def in_sight(self, shown: Cell, slot: Slot) -> Cell:
        """Return what is to be seen of a cell, before it is cut to its slot."""
        del slot
        return shown

    @property
    def _top(self) -> int:
        """Lines above the first row."""
        return 1 if self.titled else 0

    @property
    def _in_sight(self) -> range:
        """Lines that are drawn now; what is scrolled into sight later is drawn then."""
        first = self.scroll_offset.y
        return range(first, min(len(self._lines), first + self.size.height))

    @property
    def _room(self) -> int:
        return max(0, self.size.width - 2 * MARGIN)

    def _place_in(self, lines: Sequence[Line]) -> int | None:
        places = (
            i
            for i, each in enumerate(lines)
            if not isinstance(each, Heading) and each.key == self._key
        )
        return next(places, None)

    def _keep_cursor(self, place: int | None) -> None:
        if self._place_in(self._lines) is not None:
            return
        rows = [index for index, line in enumerate(self._lines) if not isinstance(line, Heading)]
        near = min(rows, key=lambda each: abs(each - (place or 0)), default=None)
        self._choose_index(near)

    def _choose_index(self, index: int | None) -> None:
        line = self._lines[index] if index is not None else None
        self.choose(None if line is None or isinstance(line, Heading) else line.key)

    def _refresh_index(self, index: int) -> None:
        self.refresh_line(index + self._top)

    def _reveal(self, index: int | None) -> None:
        if index is None:
            return
        top, height = self.scroll_offset.y, self.size.height - self._top
        first = index - 1 if index and isinstance(self._lines[index - 1], Heading) else index
        if first < top:
            self._scroll_at_once(first)
        elif index >= top + height:
            self._scroll_at_once(index - height + 1)

    def _scroll_at_once(self, y: int) -> None:
        # Forced: without it nothing scrolls before the first layout has made the scrollbar.
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    # -------------------------------------------------------------- drawing

    def notify_style_update(self) -> None:
        """Forget the styles that were: another theme, another state of the widget."""
        self._painted.clear()
        super().notify_style_update()

    @property
    def _plain_style(self) -> Style:
        known = self._painted.get(("", None))
        if known is None:
            known = self._painted["", None] = self.rich_style
        return known

    def _style(self, name: str, under: Style | None = None) -> Style:
        known = self._painted.get((name, under))
        if known is None:
            over = self.get_component_rich_style(name, partial=True)
            known = self._painted[name, under] = (under or self._plain_style) + over
        return known

    def _plain(self, text: str, width: int, name: str) -> Strip:
        style = self._style(name)
        shown = cut(text, self._room)
        segments = [Segment(" " * MARGIN, style), Segment(shown, style)]
        return Strip(segments).extend_cell_length(width, style)

    def _heading(self, line: Heading, width: int) -> Strip:
        style, faint = self._style("table--heading"), self._style("table--faint")
        if line.tone is not None:
            style = self._style(f"table--{line.tone}")
        segments = [Segment(" " * MARGIN, style), Segment(cut(line.text, self._room), style)]
        if line.note:
            segments.append(Segment(f"  {line.note}", faint))
        return Strip(segments).extend_cell_length(width, self._plain_style).crop(0, width)

    def _titles(self, width: int) -> Strip:
        cells = [Cell(parts=((column.title, Tone.PLAIN),)) for column in self._columns]
        return self._laid_out(cells, width, self._style("table--title"), toned=False)

    def _row(self, row: Row | LiveRow, cells: Sequence[Cell], width: int) -> Strip:
        style = self._style(f"table--{row.ground}") if row.ground else self._plain_style
        if row.key == self._key:
            style = self._style("table--cursor")
        return self._laid_out(cells, width, style, toned=True)

    def _laid_out(self, cells: Sequence[Cell], width: int, style: Style, *, toned: bool) -> Strip:
        segments: list[Segment] = []
        written = -MARGIN
        for slot in self._slots:
            parts = _cut_parts(self.in_sight(cells[slot.index], slot), slot.width)
            size = sum(text_width(text) for text, _ in parts)
            lead = slot.width - size if self._columns[slot.index].right else 0
            segments.append(Segment(" " * (slot.start + lead - written), style))
            segments += [
                Segment(text, self._style(f"table--{tone}", style) if toned else style)
                for text, tone in parts
            ]
            written = slot.start + lead + size
        return Strip(segments).extend_cell_length(width, style).crop(0, width)


def _said(line: Line) -> tuple[object, tuple[Cell, ...]]:
    """Return what a line says now: whether it is equal tells if another must be drawn."""
    return (line, ()) if isinstance(line, Heading) else ((line.key, line.ground), line.cells)


def _cut_parts(shown: Cell, width: int) -> list[tuple[str, Tone]]:
    parts, left = [], width
    rest = sum(text_width(text) for text, _ in shown.parts)
    for text, tone in shown.parts:
        rest -= text_width(text)
        # What fits exactly, but has something behind it, must still say that it was cut.
        piece = cut(f"{text} " if rest and text_width(text) == left else text, left)
        if piece:
            parts.append((piece, tone))
        left -= text_width(piece)
        if piece != text:
            break
    return parts
