"""What the agent says that it will do: one line above its story, and the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wtagents.core.agenda import Agenda, TodoState
from wtagents.core.text import printable_lines
from wtagents.dashboard.reading import formatted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

_MARKS = {TodoState.PENDING: "☐", TodoState.IN_PROGRESS: "▸", TodoState.COMPLETED: "☑"}
_STYLES = {TodoState.PENDING: "", TodoState.IN_PROGRESS: "bold", TodoState.COMPLETED: "dim"}
_NOTHING = "the agent keeps no list of what it will do"


class AgendaLine(Static):
    """How far the list is, and whether the story is followed; hidden where both say nothing."""

    def __init__(self) -> None:
        super().__init__(id="agenda-line")
        self.display = False

    def show(self, agenda: Agenda, *, follows: bool) -> None:
        """Show how things stand."""
        parts = [f"☐ {agenda.words}" if agenda.words else "", "" if follows else "‖ not followed"]
        said = "   ".join(filter(None, parts))
        self.display = bool(said)
        self.update(Text(said, no_wrap=True, overflow="ellipsis"))


class AgendaView(VerticalScroll):
    """The list with its ticks, the plan, and what was asked."""

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(id="agenda-text")

    def show(self, agenda: Agenda, prompt: str) -> None:
        """Show what the agent said last."""
        text = Text("\n").join(_lines(agenda, prompt))
        self.query_one("#agenda-text", Static).update(text)


def _lines(agenda: Agenda, prompt: str) -> Iterator[Text]:
    yield Text(f"To do  {agenda.done} of {len(agenda.todos)} done" if agenda.todos else "", "bold")
    for todo in agenda.todos:
        now = "  (now)" if todo.state is TodoState.IN_PROGRESS else ""
        yield Text(f"{_MARKS[todo.state]} {todo.text}{now}", _STYLES[todo.state])
    if not agenda.todos:
        yield Text(_NOTHING, "dim")
    if agenda.plan:
        yield Text("\nIts plan", "bold")
        yield formatted(agenda.plan)
    yield Text("\nWhat it was asked", "bold")
    yield Text("\n".join(printable_lines(prompt.strip())), "italic")
