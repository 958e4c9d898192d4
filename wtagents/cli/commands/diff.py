"""Look: what a task changed since its base, uncommitted work included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import Invocation, WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.diff import TaskDiff


@click.command(
    cls=WtaCommand, examples=["wta diff fix-login", "wta diff fix-login | git apply --check"]
)
@name_argument
@click.option("--stat", is_flag=True, help="Only which files, and how many lines.")
@click.pass_obj
def command(invocation: Invocation, name: str, *, stat: bool) -> Answer[TaskDiff]:
    """Print the patch from a task's base to its worktree as it is now.

    Committed, staged, changed and untracked files are all in it; the agent's index is not touched.
    """
    from wtagents.operations.diff import DiffRequest, diff

    result = diff(invocation.context, DiffRequest(name=name, stat=stat))
    return Answer(result.data, _lines, raw=[result.data.patch])


def _lines(diff: TaskDiff, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone, visible

    tones = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.NOTICE, "d": Tone.STRONG}
    for line in diff.patch.decode(errors="replace").splitlines():
        yield style.paint(visible(line), tones.get(line[:1], Tone.PLAIN))
