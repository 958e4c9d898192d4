"""Steer: hold paths for a task; others hear of it before they edit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.complete import complete_tasks
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.steering.claim import Hold


@click.command(
    cls=WtaCommand,
    examples=[
        "wta claim fix-login src/login tests/test_login.py",
        "wta claim docs 'docs/*.md'",
        "wta claim fix-login src/login --release",
        "wta claim",
    ],
)
@click.argument("name", required=False, shell_complete=complete_tasks)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--release", is_flag=True, help="Give the paths up.")
@click.pass_obj
def command(
    invocation: Invocation, name: str | None, paths: tuple[str, ...], *, release: bool
) -> Answer[tuple[Hold, ...]]:
    """Claim PATHs, as they stand below the top of the repository, for the task NAME.

    A folder stands for all below it; a pattern is one of the shell. Without PATH, list who holds
    what: claims, what [[own]] of wta.toml gives to a task, and what a task was the first to change.
    An agent that is about to edit what another task holds hears who holds it and why; the setting
    radar.claims says whether that is a warning, a question to you, or a refusal.
    """
    from wtagents.operations.steering.claim import ClaimRequest, claim, holds

    if name is None or not paths:
        if release:
            raise click.UsageError("--release needs a task and paths")
        return Answer.of(holds(invocation.context, name), _lines)
    request = ClaimRequest(name=name, paths=paths, release=release)
    return Answer.of(claim(invocation.context, request), _lines)


def _lines(held: tuple[Hold, ...], style: Style) -> Iterator[str]:
    from wtagents.cli.style import Cell, Column, Tone
    from wtagents.core.text import printable

    if not held:
        yield "nothing is held"
        return
    rows = [
        (printable(each.path), Cell(printable(each.task), Tone.STRONG), Cell(each.how, Tone.FAINT))
        for each in held
    ]
    columns = (Column("PATH", flexible=True), Column("TASK"), Column("HOW"))
    yield from style.table(columns, rows)
