"""Steer: say who starts first when a place is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.core.task import Task


@click.command(cls=WtaCommand, examples=["wta priority fix-login 10", "wta priority docs -- -5"])
@name_argument
@click.argument("number", type=click.IntRange(-1000, 1000))
@click.pass_obj
def command(invocation: Invocation, name: str, number: int) -> Answer[Task]:
    """Give the task NAME the priority NUMBER; higher starts first, 0 is usual.

    It orders starts only: an agent at work is never stopped for another one, and what is ready
    lands in the order of wta queue. A new task takes it from wta spawn --priority.
    """
    from wtagents.operations.steering.priority import prioritise

    result = prioritise(invocation.context, name, number)
    invocation.wake_supervisor()
    return Answer.of(result, _lines)


def _lines(task: Task, style: Style) -> Iterator[str]:
    yield f"{style.heading(task.name)} has priority {task.priority}"
