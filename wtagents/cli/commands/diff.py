"""Look: what a task changed since its base, uncommitted work included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.diff import TaskDiff


@click.command(
    cls=WtaCommand,
    examples=[
        "wta diff fix-login | less",
        "wta diff fix-login --stat",
        "wta diff fix-login --landing  # what is held, before wta merge --approve",
        "wta diff fix-login --checkpoint 12",
        "wta diff fix-login | git apply  # try it in your own checkout",
    ],
)
@name_argument
@click.option("--stat", is_flag=True, help="Only which files changed, and how much.")
@click.option(
    "--landing", is_flag=True, help="What the last attempt to land it does to the target."
)
@click.option(
    "--checkpoint", default="", metavar="AT", help="What a checkpoint held, not what is there now."
)
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, stat: bool, landing: bool, checkpoint: str
) -> Answer[TaskDiff]:
    """Print a patch of everything the task changed since the commit it started from.

    Uncommitted and untracked files are in it; the agent's index is not touched. Into a pipe the
    patch goes byte for byte, on a terminal without control characters.
    """
    from wtagents.operations.telling.diff import DiffRequest, diff

    if landing and checkpoint:
        raise click.UsageError("--landing and --checkpoint exclude each other")
    request = DiffRequest(name=name, stat=stat, landing=landing, checkpoint=checkpoint)
    result = diff(invocation.context, request)
    answer = Answer.of(result, _lines)
    answer.raw = [result.data.patch]
    return answer


def _lines(changed: TaskDiff, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.text import visible

    tones = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.ACCENT, "d": Tone.STRONG}
    for line in changed.patch.decode(errors="replace").splitlines():
        yield style.paint(visible(line.expandtabs(8)), tones.get(line[:1], Tone.PLAIN))
