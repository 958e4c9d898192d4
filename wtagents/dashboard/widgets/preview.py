"""All about the task under the cursor, beside the board where there is room."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wtagents.core.record import record
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
_DIGIT = re.compile(r"\d")


Facts: TypeAlias = "tuple[tuple[str, str], ...]"


@record
class _Told:
    """What is said of a task, in words."""

    head: tuple[str, ...]
    command: str
    prompt: str
    facts: Facts
    because: str
    reasons: str


class Preview(VerticalScroll, can_focus=False):
    """What `wta status NAME` says."""

    def __init__(self, *, id: str | None = None, headed: bool = True) -> None:  # noqa: A002  (Textual's own word)
        """Without a head the screen around it says who it is and what it does."""
        super().__init__(id=id)
        self._headed = headed
        self._told: _Told | None = None

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(id="preview-text")

    def show(self, item: TaskStatus | None, now: datetime) -> None:
        """Show a task, or nothing. Figures that go on with time cost no layout."""
        from rich.console import Group

        before = self._told
        self._told = _words_of(item, now, headed=self._headed) if item is not None else None
        if self._told == before:
            return
        shown = Group(*_parts(self._told)) if self._told is not None else ""
        layout = _shape(self._told) != _shape(before)
        self.query_one("#preview-text", Static).update(shown, layout=layout)


def _shape(told: _Told | None) -> str:
    """Return what the breaks of lines depend on: all but which digits there are."""
    return _DIGIT.sub("0", repr(told))


def _words_of(item: TaskStatus, now: datetime, *, headed: bool) -> _Told:
    said = now_of(item, now)
    lines = printable_lines(item.task.prompt.strip()[:_PROMPT_CHARACTERS])
    reasons = [printable(each) for each in why_of(item, now) if each not in said]
    sure = f" ({item.confidence})" if item.confidence is not None else ""
    return _Told(
        head=(item.task.name, f"{state_word(item)}{f'  {said}' if said else ''}") if headed else (),
        command=printable(next_of(item)),
        prompt="\n".join(lines[:_PROMPT_LINES]).rstrip(),
        facts=facts_of(item, now, told=said),
        because=f"Called {state_word(item)} because{sure}" if reasons else "",
        reasons="\n".join(reasons),
    )


def _parts(told: _Told) -> Iterator[RenderableType]:
    for text, style in zip(told.head, ("bold", ""), strict=False):
        yield Text(text, style)
    if told.command:
        yield Text.assemble(("next  ", "dim"), told.command)
    if told.head or told.command:
        yield Text("")
    yield Text(told.prompt, "italic")
    yield Text("")
    yield facts_table(told.facts)
    if told.reasons:
        yield Text("")
        yield Text(told.because, "bold")
        yield Padding(Text(told.reasons), (0, 0, 0, 2))


def facts_of(item: TaskStatus, now: datetime, *, told: str) -> Facts:
    """Return the facts of a task with their names, without what was told already."""
    facts = task_facts(item, now)
    return tuple((name, printable(text)) for name, text in facts if text and text not in told)


def facts_table(facts: Facts) -> Table:
    """Return facts, their names in front."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in facts:
        table.add_row(Text(name), Text(text))
    return table
