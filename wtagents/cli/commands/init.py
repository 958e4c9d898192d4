"""Keep: write a commented wta.toml and the Claude Code commands of wta."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.init import Initialised
    from wtagents.operations.merge_driver import MergeDriver


@click.command(
    cls=WtaCommand,
    examples=[
        "wta init",
        "wta init && git add wta.toml .claude && git commit -m 'Add wta'",
        "wta init --merge-driver  # let git merge ask wta resolve-files",
    ],
)
@click.option(
    "--merge-driver",
    is_flag=True,
    help="Set up wta resolve-files as this repository's merge driver and mergetool, nothing else.",
)
@click.option("-y", "--yes", is_flag=True, help="With --merge-driver: do not ask.")
@click.pass_obj
def command(
    invocation: Invocation, *, merge_driver: bool, yes: bool
) -> Answer[Initialised] | Answer[MergeDriver]:
    """Write what a repository can have for wta, and show what was written.

    A wta.toml in which every setting stands with its default, commented out; commands and agents
    for Claude Code in .claude/. A file that exists is kept as it is. Nothing is committed.

    With --merge-driver, show the lines that make git ask wta where its own merge conflicts, and
    write them after a yes into the repository's configuration and private attributes.
    """
    if merge_driver:
        return _merge_driver(invocation, yes=yes)
    from wtagents.operations.init import init

    return Answer.of(init(invocation.context), _lines)


def _merge_driver(invocation: Invocation, *, yes: bool) -> Answer[MergeDriver]:
    from wtagents.cli.render import ask, screen_style
    from wtagents.core.errors import ExitCode
    from wtagents.operations.merge_driver import add_merge_driver, observe_merge_driver

    wanted = observe_merge_driver(invocation.context)
    if not yes and not wanted.is_there:
        if invocation.json or not sys.stdin.isatty():
            messages = ("nobody is asked here: look at the lines, then add --yes",)
            return Answer(wanted, _driver_lines, messages=messages, exit_code=ExitCode.UNFULFILLED)
        style = screen_style(invocation, sys.stderr)
        if not ask("Write these lines?", about=[*_driver_lines(wanted, style), ""]):
            return Answer(
                wanted, lambda *_: ["nothing was written"], exit_code=ExitCode.UNFULFILLED
            )
    return Answer.of(add_merge_driver(invocation.context), _driver_lines)


def _driver_lines(driver: MergeDriver, style: Style) -> Iterator[str]:
    from wtagents.core.text import visible

    there = "in place" if driver.is_there else "to be written"
    yield style.heading(f"merge driver and mergetool: {there}")
    yield "Git merges as ever. Only where that conflicts it asks wta, which answers where both"
    yield "changes can stay; any other conflict is left as git shows it."
    yield ""
    yield "the repository's own configuration:"
    yield from (f"  {key} = {value}" for key, value in driver.config.items())
    yield ""
    yield f"{visible(str(driver.attributes))}:"
    yield f"  {driver.attribute}"


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
