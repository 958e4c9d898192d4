"""Steer: let everything go on that was frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.pages.held_lines import held_lines

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.steering.pause import Held


@click.command(cls=WtaCommand, examples=["wta thaw"])
@click.pass_obj
def command(invocation: Invocation) -> Answer[Held]:
    """Let everything go on that wta freeze has stopped, each agent in its own conversation."""
    from wtagents.operations.steering.pause import thaw

    result = thaw(invocation.context)
    invocation.wake_supervisor()
    return Answer.of(result, held_lines)
