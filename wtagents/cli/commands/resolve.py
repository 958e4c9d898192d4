"""Land: decide by hand what no rung could."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.resolve import ResolveOutcome


@click.command(
    cls=WtaCommand,
    examples=[
        "wta resolve fix-login                             # opens the files, says what to decide",
        "wta resolve fix-login --from-target logo.png      # takes one side as it is",
        "wta resolve fix-login --done                      # verifies it and lands the task",
    ],
)
@name_argument
@click.option(
    "--from-target", multiple=True, metavar="PATH", help="Take the target's side of a path."
)
@click.option(
    "--from-branch", multiple=True, metavar="PATH", help="Take the branch's side of a path."
)
@click.option("--done", is_flag=True, help="Verify what stands there and land the task.")
@click.option("--drop", is_flag=True, help="With --done: lines of a side are left out on purpose.")
@click.option("--abort", is_flag=True, help="Drop the checkout and all decisions.")
@click.pass_obj
def command(
    invocation: Invocation,
    name: str,
    *,
    from_target: tuple[str, ...],
    from_branch: tuple[str, ...],
    done: bool,
    drop: bool,
    abort: bool,
) -> Answer[ResolveOutcome]:
    """Open the conflict of NAME with its target in a checkout of its own and land what is made.

    What the rungs can solve is solved there already. Edit the files, or take a side; markers name
    the target and the branch. --done checks that no marker is left, that it parses, and that every
    line of both sides is there or left out on purpose; then the task lands with its gates. A target
    that moves meanwhile costs nothing: decisions that still apply are kept.
    Exit status 1: it has not landed.
    """
    from wtagents.cli.pages.resolve_text import resolve_lines
    from wtagents.cli.progress import Steps
    from wtagents.operations.resolve import ResolveRequest, resolve

    steps = Steps(invocation)
    request = ResolveRequest(
        name=name,
        done=done,
        drop=drop,
        abort=abort,
        from_target=from_target,
        from_branch=from_branch,
    )
    result = resolve(invocation.context, request, tell=steps.say)
    steps.clear()
    return Answer.of(result, resolve_lines)
