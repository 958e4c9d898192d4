"""All about the task under the cursor, beside the board where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wtagents.core.text import printable, printable_lines
from wtagents.operations.telling.status_words import next_of, now_of, state_word, why_of
from wtagents.operations.telling.task_facts import task_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import RenderableType
    from textual.app import ComposeResult

    from wtagents.operations.telling.status import TaskStatus

_PROMPT_LINES, _PROMPT_CHARACTERS = 12, 2000


class Preview(VerticalScroll, can_focus=False):
    """What `wta status NAME` says."""

    def __init__(self, *, id: str | None = None, headed: bool = True) -> None:  # noqa: A002  (Textual's own word)
        """Without a head the screen around it says who it is and what it does."""
        super().__init__(id=id)
        self._headed = headed

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(id="preview-text")

    def show(self, item: TaskStatus | None, now: datetime) -> None:
        """Show a task, or nothing."""
        from rich.console import Group

        text = self.query_one("#preview-text", Static)
        text.update(Group(*_parts(item, now, headed=self._headed)) if item is not None else "")


def _parts(item: TaskStatus, now: datetime, *, headed: bool) -> Iterator[RenderableType]:
    said = now_of(item, now)
    if headed:
        yield Text(item.task.name, "bold")
        yield Text(f"{state_word(item)}{f'  {said}' if said else ''}")
    command = next_of(item)
    if command:
        yield Text.assemble(("next  ", "dim"), printable(command))
    if headed or command:
        yield Text("")
    lines = printable_lines(item.task.prompt.strip()[:_PROMPT_CHARACTERS])
    yield Text("\n".join(lines[:_PROMPT_LINES]).rstrip(), "italic")
    yield Text("")
    yield named_facts(item, now, told=said)
    reasons = [each for each in why_of(item, now) if each not in said]
    if reasons:
        sure = f" ({item.confidence})" if item.confidence is not None else ""
        yield Text("")
        yield Text(f"Called {state_word(item)} because{sure}", "bold")
        yield Padding(Text("\n".join(map(printable, reasons))), (0, 0, 0, 2))


def named_facts(item: TaskStatus, now: datetime, *, told: str) -> Table:
    """Return the facts of a task, their names in front, without what was told already."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in task_facts(item, now):
        if text and text not in told:
            table.add_row(Text(name), Text(printable(text)))
    return table
