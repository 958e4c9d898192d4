"""The lines above every screen: which repository, how many of what, and what troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from wtagents.core.figures import cut, money, plural
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.errors import WtaError
    from wtagents.dashboard.view import Totals

_SEPARATOR = "  ·  "


class Masthead(Static):
    """One line of totals; what needs a person is never cut off."""

    def __init__(self, repository: str) -> None:
        super().__init__(id="masthead")
        self._repository = repository
        self._totals: Totals | None = None

    def show(self, totals: Totals) -> None:
        """Show other totals."""
        if totals != self._totals:
            self._totals = totals
            self._draw()

    def on_mount(self) -> None:
        """Draw what is known already."""
        self._draw()

    def on_resize(self) -> None:
        """Fit the line again."""
        self._draw()

    def _draw(self) -> None:
        width = max(0, self.size.width)
        left = Text(no_wrap=True, end="")
        left.append(cut(printable(self._repository), 24), "bold")
        right = Text(no_wrap=True, end="")
        if self._totals is None:
            left.append("   looking …", "dim")
        else:
            left.append("   ")
            left.append_text(_counts(self._totals))
            right = _joined(list(_measures(self._totals)), width - left.cell_len - 3)
        gap = max(1, width - left.cell_len - right.cell_len)
        self.update(Text.assemble(left, " " * gap, right, no_wrap=True))


class Trouble(Static):
    """What cannot be read, with the next command; hidden while all is well."""

    def __init__(self) -> None:
        super().__init__(id="trouble")
        self.display = False

    def show(self, error: WtaError | None) -> None:
        """Show a trouble, or none."""
        self.display = error is not None
        if error is not None:
            told = printable(f"{error.message}: {error.cause}" if error.cause else error.message)
            hint = f"   {printable(error.hint)}" if error.hint else ""
            self.update(Text(f"! {told}{hint}"))


def _counts(totals: Totals) -> Text:
    parts = [Text(plural(totals.agents, "agent"))]
    if totals.attention:
        verb = "needs" if totals.attention == 1 else "need"
        parts.append(Text(f"{totals.attention} {verb} a person", "bold"))
    if totals.ready:
        parts.append(Text(f"{totals.ready} ready"))
    if totals.landing:
        parts.append(Text(f"{totals.landing} landing"))
    return Text(_SEPARATOR, style="dim").join(parts)


def _measures(totals: Totals) -> Iterator[Text]:
    if totals.limited_until is not None:
        yield Text(f"rate limited until {totals.limited_until.astimezone():%H:%M}", "bold")
    if totals.cost_today:
        yield Text(f"{money(totals.cost_today)} today")
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
