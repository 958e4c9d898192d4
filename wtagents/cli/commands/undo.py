"""Land: take a landing back, by one commit on the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.undo import UndoOutcome


@click.command(
    cls=WtaCommand,
    examples=[
        "wta undo fix-login --dry-run",
        "wta undo fix-login",
        'wta send fix-login "it broke the export"  # and land it again: wta merge fix-login',
    ],
)
@name_argument
@click.option("--dry-run", is_flag=True, help="Say how it would go; nothing is changed or run.")
@click.option("--no-gate", is_flag=True, help="Skip the gates.")
@click.option("--push", is_flag=True, help="Push the target to its remote, with a lease.")
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, dry_run: bool, no_gate: bool, push: bool
) -> Answer[UndoOutcome]:
    """Revert what NAME landed last by one commit, which passes the gates like a landing.

    Several commits are reverted together. What later work builds on is not taken back: the tasks
    are named. The branch and the worktree of the task stay: it can be sent words and landed again.
    Exit status 1: the target still has it, or it was not pushed.
    """
    from wtagents.cli.pages.undo_text import undo_lines
    from wtagents.cli.progress import Steps
    from wtagents.operations.undo import UndoRequest, undo

    steps = Steps(invocation)
    request = UndoRequest(name=name, dry_run=dry_run, no_gate=no_gate, push=push)
    result = undo(invocation.context, request, tell=steps.say)
    steps.clear()
    return Answer.of(result, undo_lines)
