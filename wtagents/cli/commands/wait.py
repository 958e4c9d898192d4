"""Look: wait until tasks are ready, merged or need a person."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import some_names_argument, timeout_option

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.status import TaskStatus

CHOICES = ("ready", "merged", "attention")


@click.command(
    cls=WtaCommand,
    examples=[
        "wta wait fix-login && wta merge fix-login",
        "wta wait --for attention --timeout 2h",
    ],
)
@some_names_argument
@click.option(
    "--for",
    "until",
    type=click.Choice(CHOICES),
    default=CHOICES[0],
    show_default=True,
    help="What to wait for.",
)
@timeout_option("Give up after this time (exit status 6).")
@click.pass_obj
def command(
    invocation: Invocation, names: tuple[str, ...], *, until: str, timeout: float | None
) -> Answer[tuple[TaskStatus, ...]]:
    """Wait for the tasks named, or for all.

    Exit status 0: every task is ready (or merged), or with --for attention one needs a person.
    Exit status 1: one of them will not get there without a person.
    """
    from wtagents.operations.steering.wait import Until, WaitRequest, wait

    context = invocation.context
    request = WaitRequest(names=names, until=Until(until), timeout=timeout)
    result = wait(context, request)
    return Answer.of(result, partial(_lines, now=context.clock.now()))


def _lines(items: tuple[TaskStatus, ...], style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.task_list import task_list

    return task_list(items, style, now=now)
