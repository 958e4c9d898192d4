"""Keep: look after the tasks; starts by itself, --once is for cron."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.supervisor.loop import Supervised


@click.command(cls=WtaCommand, examples=["wta supervise --once  # one pass, then end"])
@click.option("--once", is_flag=True, help="Make one pass and land what waits, then end.")
@click.pass_obj
def command(invocation: Invocation, *, once: bool) -> Answer[Supervised]:
    """Look after the tasks of this repository: begin, follow, retry, land.

    A supervisor starts by itself with the first task and ends when there is nothing left to look
    after; it may be killed at any time. A second one ends at once.
    """
    from wtagents.supervisor.loop import supervise

    return Answer(supervise(invocation.context, once=once), _lines)


def _lines(done: Supervised, style: Style) -> Iterator[str]:
    del style
    if done.already_running:
        yield "another supervisor looks after this repository"
    else:
        yield f"ended after {done.ticks} ticks: nothing is left to look after"
