"""Why a task waits for a person, in full: what it asks, what failed, what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wtagents.core.text import printable, printable_lines
from wtagents.dashboard.inbox import question_of
from wtagents.dashboard.widgets.preview import facts_of, facts_table
from wtagents.operations.steering.asked import Part
from wtagents.operations.telling.status_words import next_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import RenderableType
    from textual.app import ComposeResult

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.dashboard.inbox import Waiting
    from wtagents.operations.steering.asked import AskedWhole
    from wtagents.operations.telling.status import TaskStatus

_STYLES = {Part.NAME: "bold", Part.TEXT: "", Part.ADDED: "green", Part.REMOVED: "red"}
_SIGNS = {Part.NAME: "", Part.TEXT: "  ", Part.ADDED: "+ ", Part.REMOVED: "- "}


class Evidence(VerticalScroll):
    """One thing that waits."""

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(id="evidence-text")

    def show(self, waiting: Waiting | None, whole: AskedWhole | None, now: datetime) -> None:
        """Show it; `whole` is the question in full once it has been read."""
        text = self.query_one("#evidence-text", Static)
        text.update("" if waiting is None else Group(*_parts(waiting, whole, now)))


def _parts(waiting: Waiting, whole: AskedWhole | None, now: datetime) -> Iterator[RenderableType]:
    item = waiting.item
    question = question_of(item)
    if question is not None:
        asks = "asks" if question.inquiries else f"asks to use {printable(question.tool)}"
        yield Text(f"{item.task.name} {asks}", "bold")
        yield Text("")
        if whole is not None and whole.request_id == question.request_id:
            yield whole_question(whole)
        else:
            yield Text(f"  {printable(question.summary)}")
        yield from _task_of(item)
    else:
        yield Text(f"{item.task.name}: {printable(item.attention)}", "bold")
        command = next_of(item)
        if command:
            yield Text.assemble(("next  ", "dim"), printable(command))
        if item.merge is not None:
            yield from _of_merge(item.merge, item.attention)
    if item.reasons and question is None:
        yield Text("")
        yield Text(f"Called {item.liveness} because", "bold")
        yield Text("\n".join(f"  {printable(reason)}" for reason in item.reasons))
    yield Text("")
    yield facts_table(facts_of(item, now, told=item.attention))


def whole_question(whole: AskedWhole) -> Text:
    """Return every line of a question; an edit as a diff."""
    lines = (Text(_SIGNS[line.part] + line.text, _STYLES[line.part]) for line in whole.lines)
    return Text("\n").join(lines)


def _task_of(item: TaskStatus) -> Iterator[RenderableType]:
    """Say what the agent is about: whoever answers may not have it in mind."""
    lines = printable_lines(item.task.prompt.strip())
    if lines:
        yield Text("")
        yield Text(lines[0], "italic")


def _of_merge(merge: MergeRequest, told: str) -> Iterator[RenderableType]:
    for hold in merge.holds:
        if hold.detail not in told:
            yield Text(f"  · {printable(hold.detail)}")
    for gate in merge.gates:
        if not gate.passed:
            yield Text("")
            yield Text(f"failed in {gate.seconds:.1f} s: {printable(gate.command)}", "bold")
            yield Text("\n".join(f"  {line}" for line in printable_lines(gate.tail)))
