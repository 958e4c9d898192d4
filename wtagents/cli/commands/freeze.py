"""Steer: stop everything, keep everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.pages.held_lines import held_lines

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.steering.pause import Held


@click.command(cls=WtaCommand, examples=["wta freeze", "wta thaw"])
@click.pass_obj
def command(invocation: Invocation) -> Answer[Held]:
    """Stop every agent and start none; nothing lands by itself.

    Worktrees, branches, conversations and the order of the queue stay as they are. wta thaw lets
    all of it go on; no retry is counted. A landing that is under way ends first.
    """
    from wtagents.operations.steering.pause import freeze

    return Answer.of(freeze(invocation.context), held_lines)
