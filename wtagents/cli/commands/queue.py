"""Look: what waits to land, in which batch, why, and for how long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import at_option, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.queue import Queue


@click.command(
    cls=WtaCommand,
    examples=[
        "wta queue",
        "wta queue --at 02:30  # as it was then",
        "wta queue --json | jq -r '.data.entries[] | \"\\(.batch) \\(.task)\"'",
        "wta merge --withdraw fix-login",
    ],
)
@at_option
@click.pass_obj
def command(invocation: Invocation, *, at: str | None) -> Answer[Queue]:
    """Show what lands now and what waits: order, batches, and what each request waits for.

    Order: a task lands after those it was told to land after, then who asked first, the smaller
    change first among those who asked in the same minute. Branches that clash are never in one
    batch. How large a batch is follows from how many landings failed lately in this repository.

    With --at the same as it was, forecast anew from what was known then.
    """
    context, moment = invocation.context, moment_of(invocation, at)
    if moment is not None:
        from wtagents.operations.landings_then import queue_at

        return Answer.of(queue_at(context, moment), partial(_lines, now=moment))
    from wtagents.operations.queue import queue

    return Answer.of(queue(context), partial(_lines, now=context.clock.now()))


def _lines(data: Queue, style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.queue_text import queue_lines

    return queue_lines(data, style, now=now)
