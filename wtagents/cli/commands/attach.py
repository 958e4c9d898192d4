"""Look: the live story of a task, with a line to talk to its agent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument, timeout_option
from wtagents.core.errors import StateError
from wtagents.core.task import TaskState

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.core.task import Task


@click.command(
    cls=WtaCommand,
    examples=["wta attach fix-login", "wta attach fix-login --takeover"],
)
@name_argument
@click.option(
    "--takeover",
    is_flag=True,
    help="End the run at its turn boundary and go on in interactive Claude Code.",
)
@timeout_option("With --takeover: how long to wait for the end of the turn.")
@click.pass_obj
def command(
    invocation: Invocation, name: str, *, takeover: bool, timeout: float | None
) -> Answer[Task]:
    """Watch an agent and talk to it.

    Enter sends a message, ctrl+c ends the running turn, ctrl+y and ctrl+n answer a question, ctrl+d
    leaves, page up and page down scroll; the agent goes on. After a takeover the task goes on in
    the same conversation.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise StateError(
            "there is no terminal to attach to", hint=f"read its story: wta logs {name} --follow"
        )
    if takeover:
        return Answer(_take_over(invocation, name, timeout), lambda *_: [f"{name} goes on"])
    return Answer(_watch(invocation, name), lambda task, _: [_left(task)])


def _left(task: Task) -> str:
    goes_on = task.state is TaskState.ACTIVE
    return f"left {task.name}; " + ("its agent goes on" if goes_on else f"it is {task.state}")


def _watch(invocation: Invocation, name: str) -> Task:
    from wtagents.dashboard.attach import AttachApp
    from wtagents.store.tasks import require_task, require_task_by_id
    from wtagents.system.person.hangup import end_with_terminal
    from wtagents.system.person.terminal import follow_its_size

    end_with_terminal()
    follow_its_size()
    with invocation.context.database.read() as db:
        task = require_task(db, name)
    AttachApp(invocation.context, name, wake=invocation.wake_supervisor).run()
    with invocation.context.database.read() as db:
        return require_task_by_id(db, task.id)


def _take_over(invocation: Invocation, name: str, seconds: float | None) -> Task:
    from wtagents.operations.steering.stop import RetryRequest, retry
    from wtagents.operations.steering.takeover import begin_takeover
    from wtagents.system.command import run_in_terminal

    takeover = begin_takeover(invocation.context, name, seconds=seconds)
    run_in_terminal(takeover.argv, cwd=takeover.worktree)
    task = retry(invocation.context, RetryRequest(name=name)).data
    invocation.wake_supervisor()
    return task
