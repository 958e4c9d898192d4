"""Keep: how a person is told who looks at no screen; --test tells now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style, Tone
    from wtagents.operations.telling.notify import Delivery, NotifyReport


@click.command(cls=WtaCommand, examples=["wta notify", "wta notify --test"])
@click.option("--test", is_flag=True, help="Send a notification by each channel that is set.")
@click.pass_obj
def command(invocation: Invocation, *, test: bool) -> Answer[NotifyReport]:
    """Show the channels, and what waits for the end of quiet hours.

    The supervisor tells when a task begins to need a person, is parked, ready or has landed, when
    an agent is stuck or goes in circles, and when a budget comes to its end. What happens within
    notify.batch is told at once, what happens in notify.quiet as one summary afterwards.

    Webhook and command get JSON: title, lines, text, and alerts with topic, task, text, at.
    Exit status 1: a channel failed, or --test found none.
    """
    from wtagents.operations.telling.notify import notify

    return Answer.of(notify(invocation.context, test=test), _lines)


def _lines(report: NotifyReport, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Cell, Column, Tone
    from wtagents.core.figures import plural

    rows = []
    for each in report.channels:
        word, tone = _word(each, told=report.told)
        rows.append((Cell(each.channel, Tone.STRONG), Cell(word, tone), each.fault or each.detail))
    columns = (Column("CHANNEL"), Column("STATE"), Column("WHAT", flexible=True))
    yield from style.table(columns, rows)
    if report.waiting:
        yield f"{plural(len(report.waiting), 'alert')} to be told:"
        yield from (f"  {line}" for line in report.waiting)
    if not report.told and any(each.use for each in report.channels):
        yield style.paint("try it: wta notify --test", Tone.ACCENT)


def _word(each: Delivery, *, told: bool) -> tuple[str, Tone]:
    from wtagents.cli.style import Tone

    if each.fault:
        return "failed", Tone.BAD
    if not each.use:
        return "off", Tone.FAINT
    return ("told" if told else "on"), Tone.GOOD
