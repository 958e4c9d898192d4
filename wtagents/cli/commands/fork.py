"""Steer: a new task from a checkpoint of another: files and conversation."""

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
    from wtagents.operations.steering.fork import Forked


@click.command(
    cls=WtaCommand,
    examples=[
        "wta fork fix-login fix-login-2",
        "wta fork fix-login fix-login-2 12",
        'wta fork fix-login with-cookies 10m --message "do it with cookies instead"',
    ],
)
@name_argument
@click.argument("new")
@click.argument("at", default="")
@click.option("-m", "--message", default="", metavar="TEXT", help="What the new task is to do.")
@click.pass_obj
def command(
    invocation: Invocation, name: str, new: str, at: str, *, message: str
) -> Answer[Forked]:
    """Begin task NEW where task NAME is now, or was at AT: a number of wta checkpoints, or 10m ago.

    NEW has a branch and a worktree of its own, with the commits and the uncommitted files of then,
    and goes on with a copy of the conversation; NAME is not disturbed. What NEW lands contains what
    NAME had done until then.
    """
    from wtagents.operations.steering.fork import ForkRequest, fork

    request = ForkRequest(name=name, new=new, at=at, message=message)
    result = fork(invocation.context, request)
    invocation.wake_supervisor()
    return Answer.of(result, _lines)


def _lines(forked: Forked, style: Style) -> Iterator[str]:
    from wtagents.cli.style import fields
    from wtagents.core.text import printable

    task, one = forked.task, forked.checkpoint
    yield f"{style.heading(task.name)} {'begins' if forked.run else 'waits for a place'}"
    talk = "a copy of its conversation" if forked.conversation else "a new one"
    pairs = [
        ("from", f"{forked.source} at checkpoint {one.number}"),
        ("branch", f"{task.branch}, at {one.head.short}"),
        ("worktree", printable(str(task.worktree))),
        ("conversation", talk),
        ("follow", f"wta logs {task.name} -f"),
    ]
    yield from (f"  {line}" for line in fields(style, pairs))
