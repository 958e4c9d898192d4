"""Steer: take the work of a task as it is, although its checks fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import names_argument
from wtagents.cli.pages.task_lines import task_lines

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.core.task import Task


@click.command(
    cls=WtaCommand, examples=["wta accept fix-login", "wta accept fix-login && wta merge fix-login"]
)
@names_argument
@click.pass_obj
def command(invocation: Invocation, names: tuple[str, ...]) -> Answer[tuple[Task, ...]]:
    """Make a task ready whose verify.commands still fail after verify.rounds.

    Look at it first: wta diff NAME; the output of the check is named by wta status NAME. The gates
    of merge.gate look at it again before it lands; accepting passes none of them.
    """
    from wtagents.operations.steering.accept import accept

    result = accept(invocation.context, names)
    invocation.wake_supervisor()
    return Answer.of(result, task_lines)
