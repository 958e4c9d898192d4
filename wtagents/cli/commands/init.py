"""Keep: write a commented wta.toml and the Claude Code commands of wta."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import Invocation, WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.init import Initialised


@click.command(
    cls=WtaCommand,
    examples=["wta init", "wta init && git add wta.toml .claude && git commit -m 'Add wta'"],
)
@click.pass_obj
def command(invocation: Invocation) -> Answer[Initialised]:
    """Write what a repository can have for wta, and show what was written.

    A wta.toml in which every setting stands with its default, commented out; commands and agents
    for Claude Code in .claude/. A file that exists is kept as it is. Nothing is committed.
    """
    from wtagents.operations.init import init

    return Answer.of(init(invocation.context), _lines)


def _lines(done: Initialised, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Cell, Column, Tone
    from wtagents.operations.init import Outcome

    tones = {Outcome.WRITTEN: Tone.GOOD, Outcome.KEPT: Tone.FAINT, Outcome.OUTSIDE: Tone.NOTICE}
    notes = {Outcome.OUTSIDE: "a link leads out of the repository: not written"}
    rows = [
        (
            Cell(file.outcome, tones[file.outcome]),
            str(file.path),
            Cell(notes.get(file.outcome, file.about), Tone.FAINT),
        )
        for file in done.files
    ]
    yield style.heading(str(done.repository))
    yield from style.table((Column(""), Column(""), Column("", flexible=True)), rows, indent=2)
