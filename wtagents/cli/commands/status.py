"""Look: all tasks and who needs a person; NAME tells all of one (or ls)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import at_option, moment_of, some_names_argument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.steering.foreign import Everything
    from wtagents.operations.telling.status import TaskStatus


@click.command(
    cls=WtaCommand,
    examples=[
        "wta status",
        "wta status fix-login",
        "wta status --all",
        "wta status --at 02:30  # as it was then",
        "wta status --json | jq -r '.data[] | select(.attention != \"\") | .task.name'",
    ],
)
@some_names_argument
@click.option("--fresh", is_flag=True, help="Ask git about every worktree, not only changed ones.")
@click.option("--all", "all_of_it", is_flag=True, help="Also worktrees that no task has.")
@at_option
@click.pass_obj
def command(
    invocation: Invocation, names: tuple[str, ...], *, fresh: bool, all_of_it: bool, at: str | None
) -> Answer[tuple[TaskStatus, ...]] | Answer[Everything]:
    """Show all tasks: those that need a person first, then who works, what is ready, what rests.

    With NAME: the prompt, branch, run, work, usage and merge of that task, and the evidence for
    what it is called. With --all also other worktrees of the repository and the sessions of Claude
    Code in them, as {"tasks", "foreign"} with --json: they are seen, not managed.

    With --at the same as it was, from the event log and what run folders keep. What nobody kept is
    unknown.
    """
    from wtagents.operations.telling.status import StatusRequest, status

    context, moment = invocation.context, moment_of(invocation, at)
    if moment is not None:
        if fresh or all_of_it:
            raise click.UsageError(
                "--at takes neither --fresh nor --all: the past is not looked at"
            )
        from wtagents.operations.telling.past import status_at

        known_then = status_at(context, names, moment)
        return Answer.of(known_then, partial(_pages if names else _list_then, now=moment))
    if all_of_it:
        if names:
            raise click.UsageError("--all takes no NAME")
        from wtagents.operations.steering.foreign import everything

        known = everything(context, StatusRequest(fresh=fresh))
        return Answer.of(known, partial(_everything, now=context.clock.now()))
    result = status(context, StatusRequest(names=names, fresh=fresh))
    return Answer.of(result, partial(_pages if names else _list, now=context.clock.now()))


def _list(items: tuple[TaskStatus, ...], style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.task_list import status_list

    return status_list(items, style, now=now)


def _list_then(items: tuple[TaskStatus, ...], style: Style, *, now: datetime) -> Iterator[str]:
    if not items:
        yield "there were no tasks then"
        return
    yield from _list(items, style, now=now)


def _everything(found: Everything, style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.foreign_text import foreign_list

    yield from _list(found.tasks, style, now=now)
    yield from foreign_list(found.foreign, style, now=now)


def _pages(items: tuple[TaskStatus, ...], style: Style, *, now: datetime) -> Iterator[str]:
    from wtagents.cli.pages.task_page import task_page

    for number, item in enumerate(items):
        if number:
            yield ""
        yield from task_page(item, style, now=now)
