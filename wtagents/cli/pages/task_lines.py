"""Short answers about a few tasks: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Tone
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.cli.style import Style
    from wtagents.core.task import Task


def task_lines(tasks: Sequence[Task], style: Style) -> Iterator[str]:
    """Say what each task is now."""
    for task in tasks:
        detail = f": {printable(task.detail)}" if task.detail else ""
        yield f"{style.paint(task.name, Tone.STRONG)} is {task.state}{detail}"
