"""Keep: bring a task back that cleanup took away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.complete import complete_removed
from wtagents.cli.invocation import WtaCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.keeping.undelete import Undeleted


@click.command(cls=WtaCommand, examples=["wta undelete fix-login"])
@click.argument("name", shell_complete=complete_removed)
@click.pass_obj
def command(invocation: Invocation, name: str) -> Answer[Undeleted]:
    """Bring files, index, branch and task back as they were when they went.

    Possible until the trash is swept (cleanup.keep, 30 days); the commits stay archived after that.
    """
    from wtagents.operations.keeping.undelete import undelete

    return Answer.of(undelete(invocation.context, name), _lines)


def _lines(done: Undeleted, style: Style) -> Iterator[str]:
    from wtagents.core.text import printable

    where = f" in {printable(str(done.worktree))}" if done.worktree else ""
    yield f"{style.heading(done.task.name)} is back{where}, on {done.task.branch}"
