"""Look: tasks that failed for good: why, the cost so far, what to type."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.parked import Parked


@click.command(
    cls=WtaCommand,
    examples=[
        "wta parked",
        "wta parked --json | jq -r '.data[] | \"\\(.name) \\(.reason) \\(.usage.cost_usd)\"'",
    ],
)
@click.pass_obj
def command(invocation: Invocation) -> Answer[tuple[Parked, ...]]:
    """List the tasks that failed for good, the one that rests longest first.

    A task is parked after the last retry of its agent (limits.retries), at once when another try
    would end alike (a login, an unknown model, a prompt that is too long, a limit of yours), and
    when service or network failed for longer than limits.patience. Worktree, branch and
    conversation stay as they are; wta retry goes on with them.
    """
    from wtagents.operations.telling.parked import parked

    context = invocation.context
    return Answer.of(parked(context), partial(_lines, now=context.clock.now()))


def _lines(items: tuple[Parked, ...], style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.figures import ago, money, plural
    from wtagents.core.text import printable

    if not items:
        yield "nothing is parked"
    for number, item in enumerate(items):
        if number:
            yield ""
        why = str(item.reason or "failed").replace("_", " ")
        since = ago((now - item.since).total_seconds())
        yield f"{style.heading(item.name)}  {style.paint(why, Tone.BAD)}, {since}"
        if item.detail:
            yield f"  {printable(item.detail)}"
        spent = (
            plural(item.runs, "run"),
            money(item.usage.cost_usd),
            plural(item.commits, "commit") if item.commits else "no commit",
            f"{item.uncommitted} uncommitted" if item.uncommitted else "",
        )
        yield f"  so far: {', '.join(part for part in spent if part)}"
        yield f"  next: {style.paint(printable(item.next), Tone.ACCENT)}"
        yield style.paint(f"  or: {'; '.join(item.also)}", Tone.FAINT)
