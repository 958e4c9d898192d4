"""Steer: give tasks up; what they made stays until cleanup."""

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


@click.command(cls=WtaCommand, examples=["wta cancel fix-login"])
@names_argument
@click.pass_obj
def command(invocation: Invocation, names: tuple[str, ...]) -> Answer[tuple[Task, ...]]:
    """Stop the agents of these tasks and take the tasks out of the list of work.

    Nothing is deleted: worktree and branch stay until wta cleanup proves that they may go.
    """
    from wtagents.operations.steering.stop import cancel

    result = cancel(invocation.context, names)
    invocation.wake_for_landings()
    return Answer.of(result, task_lines)
