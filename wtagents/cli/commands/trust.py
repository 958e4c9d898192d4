"""Keep: let the commands of the repository's wta.toml run."""

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
    from wtagents.operations.trust import TrustState


@click.command(cls=WtaCommand, examples=["wta trust", "wta trust --yes  # in a script"])
@click.option("-y", "--yes", is_flag=True, help="Trust them without being asked.")
@click.pass_obj
def command(invocation: Invocation, *, yes: bool) -> Answer[TrustState]:
    """Show what the repository's wta.toml wants to run or to allow, and trust it.

    Set-up commands and gates of a repository run only after this. Trusted is this content of this
    file: changed by one byte, it is asked about again. It is read from the main worktree only,
    never from a task's branch. Exit status 3 while it is not trusted.
    """
    from wtagents.cli.render import ask, screen_style
    from wtagents.core.errors import ExitCode
    from wtagents.operations.trust import observe_trust, trust

    state = observe_trust(invocation.context)
    if not state.trusted and not yes:
        if invocation.json or not sys.stdin.isatty():
            messages = ("nobody is asked here: look at the commands, then wta trust --yes",)
            return Answer(state, _lines, messages=messages, exit_code=ExitCode.CONFIG)
        style = screen_style(invocation, sys.stderr)
        if not ask("Trust them?", about=[*_about(state, style), ""]):
            return Answer(state, lambda *_: ["not trusted"], exit_code=ExitCode.CONFIG)
        return Answer.of(trust(invocation.context), _verdict)
    return Answer.of(trust(invocation.context), _lines)


def _lines(state: TrustState, style: Style) -> Iterator[str]:
    yield from _about(state, style)
    if state.commands:
        yield ""
    yield from _verdict(state, style)


def _about(state: TrustState, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.text import visible

    if state.commands:
        yield style.heading(f"{visible(str(state.path))} wants to run or to allow")
        yield from (f"  {visible(line)}" for line in state.commands)
    if state.changes:
        yield ""
        yield style.heading("What changed since it was trusted")
        tones = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.FAINT}
        for line in state.changes:
            yield style.paint(f"  {visible(line)}", tones.get(line[:1], Tone.PLAIN))


def _verdict(state: TrustState, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone

    if not state.commands:
        yield "nothing to trust: no wta.toml brings commands here"
    elif state.trusted:
        yield style.paint("trusted", Tone.GOOD)
    else:
        yield style.paint("not trusted", Tone.NOTICE)
