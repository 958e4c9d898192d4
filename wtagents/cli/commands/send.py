"""Steer: say something to a task's agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument, read_text, timeout_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.steering.send import Sent

_LIMIT = 1_000_000
"""Bytes; a longer text belongs into a file that the message names."""


@click.command(
    cls=WtaCommand,
    examples=[
        'wta send fix-login "also update the changelog"',
        "git log -3 --stat | wta send fix-login -",
    ],
)
@name_argument
@click.argument("message")
@timeout_option("How long to wait for the acknowledgement (default 10s).")
@click.pass_obj
def command(
    invocation: Invocation, name: str, message: str, *, timeout: float | None
) -> Answer[Sent]:
    """Give MESSAGE (- for stdin) to the agent of a task.

    A running turn gets it with its next request; a task at rest begins a new turn with it. The
    message is kept until it is delivered. Exit status 1: not acknowledged yet.
    """
    from wtagents.operations.steering.send import SendRequest, send

    text = read_text(message, limit=_LIMIT)
    wanted = {} if timeout is None else {"wait_seconds": timeout}
    result = send(invocation.context, SendRequest(name=name, text=text, **wanted))
    invocation.wake_supervisor()
    return Answer.of(result, _lines)


def _lines(sent: Sent, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone

    if sent.message.delivered_at is not None:
        yield style.paint("delivered", Tone.GOOD)
    elif sent.message.failed:
        yield style.paint("undelivered", Tone.BAD)
    else:
        yield style.paint("kept, not delivered yet", Tone.NOTICE)
