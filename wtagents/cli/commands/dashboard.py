"""Look: all tasks on one screen; answer, review and merge from there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.core.errors import StateError

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation


@click.command(
    cls=WtaCommand,
    examples=["wta dashboard", "wta dashboard --theme light", "wta  # where there are tasks"],
)
@click.option(
    "--theme",
    type=click.Choice(["dark", "light"]),
    help="Colours for a dark or a light background (default: what COLORFGBG says, or dark).",
)
@click.pass_obj
def command(invocation: Invocation, *, theme: str | None) -> Answer[str]:
    """Show all tasks and what needs a person, and act on them by keys.

    It can be left open all day: it reads what others write and asks for what each command asks.
    The keys stand below, ? explains them, ctrl+p finds every one by its name. NO_COLOR is heeded.
    """
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise StateError("there is no terminal to show it on", hint="wta status")
    from wtagents.cli.bare import show_dashboard

    show_dashboard(invocation, theme=f"wta-{theme}" if theme else None)
    return Answer("", lambda *_: [])
