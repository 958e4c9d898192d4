"""Land: push the branch of a task and open a pull request."""

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
    from wtagents.operations.pr import PullRequest


@click.command(
    cls=WtaCommand,
    examples=[
        "wta pr fix-login --dry-run",
        "wta pr fix-login",
        "wta pr fix-login --remote fork",
    ],
)
@name_argument
@click.option("--remote", default="", metavar="REMOTE", help="Where to push it (default: as main).")
@click.option("--dry-run", is_flag=True, help="Say what would be asked; nothing is pushed.")
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, remote: str, dry_run: bool
) -> Answer[PullRequest]:
    """Push the branch of NAME with a lease and ask for a pull request through the gh program.

    Without gh the branch is pushed, and the text and the command are printed. The task stays as
    it is: nothing lands here. Once more pushes what was added since. Exit status 1: one of the
    two did not happen.
    """
    from wtagents.operations.pr import PullRequestRequest, open_pull_request

    request = PullRequestRequest(name=name, remote=remote, dry_run=dry_run)
    return Answer.of(open_pull_request(invocation.context, request), _lines)


def _lines(asked: PullRequest, style: Style) -> Iterator[str]:
    from shlex import join

    from wtagents.cli.style import Tone
    from wtagents.core.text import printable

    head = style.heading(asked.task)
    if asked.pushed:
        yield f"{head} pushed to {asked.remote} as {asked.branch} at {asked.commit.short}"
    else:
        yield f"{head} {style.paint('not pushed', Tone.NOTICE)}: {printable(asked.detail)}"
    if asked.address:
        said = f" ({asked.detail})" if asked.detail else ""
        yield f"  {style.paint(asked.address, Tone.ACCENT)}{said}"
        return
    if asked.pushed and asked.detail:
        yield f"  {style.paint('no pull request', Tone.BAD)}: {printable(asked.detail)}"
    if asked.hint:
        yield f"  next: {style.paint(printable(asked.hint), Tone.ACCENT)}"
    yield ""
    yield f"  {printable(asked.title)}"
    yield ""
    yield from (f"  {printable(line)}" for line in asked.body.splitlines())
    yield ""
    yield f"  {printable(join(asked.command))}"
