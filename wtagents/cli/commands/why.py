"""Look: why a task is called what it is, and what would change it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.status import TaskStatus


@click.command(
    cls=WtaCommand,
    examples=[
        "wta why fix-login",
        "wta why fix-login --json | jq -r '.data[0].reasons[]'",
    ],
)
@name_argument
@click.pass_obj
def command(invocation: Invocation, name: str) -> Answer[tuple[TaskStatus, ...]]:
    """Say why a task is called what it is: the evidence, how sure that is, and what to type.

    An agent is never called stuck for its age alone: its runner counts the silence without the time
    in which the machine slept, and looks whether what it started is at work.
    """
    from wtagents.operations.telling.status import StatusRequest, status

    context = invocation.context
    result = status(context, StatusRequest(names=(name,)))
    return Answer.of(result, partial(_lines, now=context.clock.now()))


def _lines(items: tuple[TaskStatus, ...], style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.task_list import state_tone
    from wtagents.cli.style import Tone
    from wtagents.core.text import printable
    from wtagents.operations.telling.status_words import next_of, now_of, state_word, why_of

    for item in items:
        word = style.paint(state_word(item), state_tone(item))
        sure = f" ({item.confidence})" if item.confidence is not None else ""
        yield f"{style.heading(item.task.name)} is {word}{sure}"
        yield from (
            f"  {printable(reason)}" for reason in why_of(item, now) or (now_of(item, now),)
        )
        command = next_of(item)
        if command:
            yield f"next: {style.paint(printable(command), Tone.ACCENT)}"
