"""Steer: put the files of a checkpoint back into a worktree."""

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
    from wtagents.operations.keeping.restore import Restored


@click.command(
    cls=WtaCommand,
    examples=[
        "wta restore fix-login  # the latest checkpoint",
        "wta restore fix-login 12",
        "wta restore fix-login 10m --stop  # what lay there ten minutes ago",
        "wta restore fix-login 12 --branch  # the commits since then go, too",
    ],
)
@name_argument
@click.argument("at", default="")
@click.option("--stop", is_flag=True, help="Stop the agent first.")
@click.option(
    "--branch", is_flag=True, help="Move the branch back to what was checked out then, too."
)
@click.pass_obj
def command(
    invocation: Invocation, name: str, at: str, *, stop: bool, branch: bool
) -> Answer[Restored]:
    """Put files back as they lay in the worktree then: number AT of wta checkpoints, or a time ago.

    What lies there now becomes a checkpoint first, so that a restore can be undone. Only files are
    written: commits stay, and what a later commit changed shows as an uncommitted change that takes
    it back. With --branch the branch returns to its commit of then; its tip is archived. Ignored
    files that are in no checkpoint stay as they are, and so do submodules.
    """
    from wtagents.operations.keeping.restore import RestoreRequest, restore

    request = RestoreRequest(name=name, at=at, stop=stop, branch=branch)
    return Answer.of(restore(invocation.context, request), _lines)


def _lines(done: Restored, style: Style) -> Iterator[str]:
    from wtagents.core.figures import plural

    one = done.checkpoint
    said = [
        f"{plural(len(paths), 'file')} {word}"
        for paths, word in ((done.written, "written"), (done.removed, "removed"))
        if paths
    ]
    if done.moved_from is not None:
        said.append(f"branch back at {one.head.short}")
    what = ", ".join(said) or "it was so already"
    yield f"{style.heading(done.task)} is as at checkpoint {one.number}: {what}"
