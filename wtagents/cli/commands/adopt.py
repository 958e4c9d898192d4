"""Steer: take over a worktree that somebody else made, as a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.steering.adopt import Adopted


@click.command(
    cls=WtaCommand,
    examples=[
        "wta status --all  # what there is to take over",
        "wta adopt .claude/worktrees/fix-login",
        'wta adopt ../try login-2 --prompt "finish the login"',
    ],
)
@click.argument("path", type=Place(folder=True))
@click.argument("name", default="")
@click.option("--prompt", default="", metavar="TEXT", help="What the task is.")
@click.option("--target", metavar="BRANCH", help="Branch that the work will be merged into.")
@click.pass_obj
def command(
    invocation: Invocation, path: str, name: str, *, prompt: str, target: str | None
) -> Answer[Adopted]:
    """Make a task of the worktree at PATH, with its commits, its files and its conversation.

    Made by hand, by claude --worktree or by claude --bg: no file of it is touched. It moves to the
    new branch wta/NAME at the same commit; its old branch stays where it is. The task rests;
    wta send and wta retry go on in the latest conversation that Claude Code had there, wta merge
    lands it. Refused while a session works there, in the middle of a rebase or merge, on a detached
    HEAD, and for what is locked by somebody else. NAME is that of the folder when it is left out.
    """
    from wtagents.operations.steering.adopt import AdoptRequest, adopt

    request = AdoptRequest(path=Path(path).absolute(), name=name, prompt=prompt, target=target)
    return Answer.of(adopt(invocation.context, request), _lines)


def _lines(done: Adopted, style: Style) -> Iterator[str]:
    from wtagents.cli.style import fields
    from wtagents.core.text import printable

    task = done.task
    yield f"{style.heading(task.name)} is a task now, and rests"
    pairs = [
        ("branch", f"{printable(task.branch)}, from {printable(task.target)} at {task.base.short}"),
        ("worktree", printable(str(task.worktree))),
        ("conversation", done.session_id or "none was found: the next run begins one"),
        ("go on", f'wta retry {task.name}, or: wta send {task.name} "…"'),
    ]
    yield from (f"  {line}" for line in fields(style, pairs))
