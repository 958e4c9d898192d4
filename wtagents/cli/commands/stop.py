"""Steer: end the runs of tasks, politely first, and prove them stopped."""

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


@click.command(cls=WtaCommand, examples=["wta stop fix-login", "wta stop fix-login docs"])
@names_argument
@click.pass_obj
def command(invocation: Invocation, names: tuple[str, ...]) -> Answer[tuple[Task, ...]]:
    """Stop the agents of these tasks and wait until none of their processes is left.

    Worktree, branch and conversation stay: wta retry goes on with them.
    """
    from wtagents.operations.steering.stop import stop

    return Answer.of(stop(invocation.context, names), task_lines)
