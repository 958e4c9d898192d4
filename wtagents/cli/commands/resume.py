"""Steer: let go on what was paused; --all after a restart, too."""

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


@click.command(cls=WtaCommand, examples=["wta resume", "wta resume fix-login", "wta resume --all"])
@some_names_argument
@click.option("--all", "everything", is_flag=True, help="End every pause, a freeze included.")
@click.pass_obj
def command(invocation: Invocation, names: tuple[str, ...], *, everything: bool) -> Answer[Held]:
    """Let starts go on, or with NAME only that task.

    --all ends every pause and takes up what was interrupted, also by a restart of the machine: each
    task goes on in its own conversation. Tasks that a person stopped rest on: wta retry NAME.
    """
    from wtagents.operations.steering.pause import resume

    if everything and names:
        raise click.UsageError("--all takes no task")
    result = resume(invocation.context, names, everything=everything)
    invocation.wake_supervisor()
    return Answer.of(result, held_lines)
