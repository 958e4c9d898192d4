"""Steer: hold tasks back, or all starts; nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import some_names_argument
from wtagents.cli.pages.held_lines import held_lines

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.steering.pause import Held


@click.command(
    cls=WtaCommand, examples=["wta pause", "wta pause fix-login", "wta pause fix-login --now"]
)
@some_names_argument
@click.option("--now", "at_once", is_flag=True, help="Do not let its agent end its turn.")
@click.pass_obj
def command(invocation: Invocation, names: tuple[str, ...], *, at_once: bool) -> Answer[Held]:
    """Start nobody any more; agents at work go on.

    With NAME only that task is held back: its agent ends its turn, and the task waits in the queue
    until wta resume NAME, which goes on in its conversation; with --now the turn is broken off.
    What is ready lands all the same; to stop everything: wta freeze.
    """
    from wtagents.operations.steering.pause import pause

    if at_once and not names:
        raise click.UsageError("--now takes a task; to stop everything: wta freeze")
    result = pause(invocation.context, names, at_once=at_once)
    invocation.wake_supervisor()
    return Answer.of(result, held_lines)
