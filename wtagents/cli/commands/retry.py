"""Steer: begin a task again that failed or was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument
from wtagents.cli.pages.task_lines import task_lines

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.core.task import Task


@click.command(
    cls=WtaCommand,
    examples=[
        "wta retry fix-login",
        'wta retry fix-login --message "the test database runs now"',
        "wta retry fix-login --fresh",
    ],
)
@name_argument
@click.option("--fresh", is_flag=True, help="A new conversation with the task's prompt.")
@click.option("-m", "--message", default="", metavar="TEXT", help="Words to go on with.")
@click.pass_obj
def command(invocation: Invocation, name: str, *, fresh: bool, message: str) -> Answer[Task]:
    """Start the agent of a task that rests, in the same worktree and conversation."""
    from wtagents.operations.steering.stop import RetryRequest, retry

    request = RetryRequest(name=name, fresh=fresh, message=message)
    result = retry(invocation.context, request)
    invocation.wake_supervisor()
    return Answer.of(result, lambda task, style: task_lines([task], style))
