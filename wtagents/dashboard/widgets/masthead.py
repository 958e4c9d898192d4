"""The lines above every screen: which repository, which screens there are, and what troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.message import Message
from textual.widgets import Static

from wtagents.core.figures import cut, money, plural
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from textual import events

    from wtagents.core.errors import WtaError
    from wtagents.dashboard.totals import Totals

_SEPARATOR = "  ·  "
_GAP = 3


class Masthead(Static):
    """The screens with how much is on each; the totals to the right, as far as there is room."""

    class Asked(Message):
        """Another screen was clicked at."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, repository: str, mode: str, *, note: str = "") -> None:
        """`note` says what is not as usual; it stands beside the repository."""
        super().__init__(id="masthead")
        self._note = note
        self._repository = repository
        self._mode = mode
        self._totals: Totals | None = None
        self._moment: datetime | None = None
        self._places: list[tuple[int, int, str]] = []

    def show(self, title: str, totals: Totals, moment: datetime | None) -> None:
        """Show other totals; with `moment` those of then, and that nothing can be done."""
        if (title, totals, moment) != (self._repository, self._totals, self._moment):
            self._repository, self._totals, self._moment = title, totals, moment
            self.set_class(moment is not None, "-past")
            self._draw()

    def on_mount(self) -> None:
        """Draw what is known already."""
        self._draw()

    def on_resize(self) -> None:
        """Fit the line again."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """Ask for the screen whose name was clicked at."""
        x = event.x - self.gutter.left
        for start, end, mode in self._places:
            if start <= x < end:
                self.post_message(self.Asked(mode))

    def _draw(self) -> None:
        width = max(0, self.size.width)
        line = Text(no_wrap=True, end="")
        line.append(cut(printable(self._repository), 24), "bold")
        if self._note:
            line.append(f"  {self._note}", self._loud)
        self._places = []
        for mode, number in _screens(self._totals):
            line.append(" " * _GAP)
            start = line.cell_len
            line.append(mode.capitalize(), "bold underline" if mode == self._mode else "dim")
            if number:
                line.append(f" {number}", self._loud if mode == "inbox" else "dim")
            self._places.append((start, line.cell_len, mode))
        measures = list(_measures(self._totals)) if self._totals else [Text("looking …", "dim")]
        if self._moment is not None:
            said = f"as of {self._moment.astimezone():%d %b %H:%M}, read-only"
            measures.insert(0, Text(said, self._loud))
        right = _joined(measures, width - line.cell_len - _GAP)
        if self._moment is not None and not right.plain:
            right = Text(f"{self._moment.astimezone():%H:%M}", self._loud)
        gap = max(1, width - line.cell_len - right.cell_len)
        self.update(Text.assemble(line, " " * gap, right, no_wrap=True), layout=False)

    @property
    def _loud(self) -> str:
        return f"bold {self.app.current_theme.warning or 'yellow'}"


class Trouble(Static):
    """What cannot be read, with the next command; hidden while all is well."""

    def __init__(self) -> None:
        super().__init__(id="trouble")
        self.display = False

    def show(self, troubles: Sequence[tuple[str, WtaError]]) -> None:
        """Show the trouble of each repository that has one."""
        self.display = bool(troubles)
        if troubles:
            self.update(Text("\n".join(_trouble(label, error) for label, error in troubles)))


def _trouble(label: str, error: WtaError) -> str:
    told = printable(f"{error.message}: {error.cause}" if error.cause else error.message)
    hint = f"   {printable(error.hint)}" if error.hint else ""
    return f"! {f'{label}: ' if label else ''}{told}{hint}"


def _screens(totals: Totals | None) -> Iterator[tuple[str, int]]:
    yield "board", totals.tasks if totals else 0
    yield "inbox", totals.attention if totals else 0
    yield "queue", totals.landing if totals else 0
    yield "cost", 0


def _measures(totals: Totals) -> Iterator[Text]:
    if totals.held:
        yield Text(totals.held, "bold")
    if totals.limited_until is not None:
        yield Text(f"rate limited until {totals.limited_until.astimezone():%H:%M}", "bold")
    yield Text(plural(totals.agents, "agent"))
    if totals.cost_today or totals.budget_today is not None:
        budget = f" of {money(totals.budget_today)}" if totals.budget_today else ""
        yield Text(f"{money(totals.cost_today) or '$0'}{budget} today")
    if totals.load:
        yield Text(f"load {totals.load}", "dim")


def _joined(parts: list[Text], room: int) -> Text:
    """Join as many as fit; the last are left out first."""
    while parts:
        line = Text(_SEPARATOR, style="dim").join(parts)
        if line.cell_len <= room:
            return line
        parts = parts[:-1]
    return Text("")
