"""Everything about one task, and why it is called what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.pages.sandbox_text import sandbox_text
from wtagents.cli.pages.task_list import state_tone
from wtagents.cli.style import Tone, fields
from wtagents.core.figures import plural
from wtagents.core.text import printable, printable_lines
from wtagents.operations.steering.asked import inquiry_lines
from wtagents.operations.telling.status_words import next_of, now_of, state_word
from wtagents.operations.telling.task_facts import SANDBOX, task_facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.style import Style
    from wtagents.core.task import Task
    from wtagents.operations.telling.status import TaskStatus

_PROMPT_LINES, _PROMPT_CHARACTERS = 12, 2000


def task_page(item: TaskStatus, style: Style, *, now: datetime) -> Iterator[str]:
    """Lay out one task."""
    task, facts = item.task, task_facts(item, now)
    word = style.paint(state_word(item), state_tone(item))
    said = now_of(item, now)
    yield f"{style.heading(task.name)}  {word}{f'  {said}' if said else ''}"
    command = next_of(item)
    if command and not item.is_past:
        yield f"next: {style.paint(printable(command), Tone.ACCENT)}"
    yield ""
    yield from (f"  {line}" for line in _prompt(task, style))
    yield ""
    yield from fields(style, ((name, _told(name, text, item, style)) for name, text in facts))
    if item.pulse is not None and item.pulse.question is not None:
        for inquiry in item.pulse.question.inquiries:
            yield ""
            first, *options = inquiry_lines(inquiry)
            yield style.heading(first.text)
            yield from (f"  {line.text}" for line in options)
    if item.reasons:
        yield ""
        yield style.heading(f"Called {item.liveness} because" if item.liveness else "Known of then")
        yield from (f"  {printable(reason)}" for reason in item.reasons)


def _told(name: str, text: str, item: TaskStatus, style: Style) -> str:
    return sandbox_text(item.sandbox, style) if name == SANDBOX and item.sandbox else text


def _prompt(task: Task, style: Style) -> Iterator[str]:
    text = task.prompt.strip()
    lines = printable_lines(text[:_PROMPT_CHARACTERS])
    yield from lines[:_PROMPT_LINES]
    if len(lines) > _PROMPT_LINES or len(text) > _PROMPT_CHARACTERS:
        size = plural(len(task.prompt), "character")
        yield style.paint(f"… in all {size}: wta status {task.name} --json", Tone.FAINT)
