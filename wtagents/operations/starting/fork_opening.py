"""How the first agent of a fork begins: with a copy of the conversation, told who it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.wording import load_words
from wtagents.core.record import replace
from wtagents.core.task import AgentKind
from wtagents.store.forks import fork_of
from wtagents.store.runs import runs_of
from wtagents.store.tasks import require_task_by_id
from wtagents.system import run_folder

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.core.tending.fork import Fork
    from wtagents.operations.context import Context
    from wtagents.operations.starting.opening import Opening
    from wtagents.store.database import Database


def fork_to_begin(context: Context, db: Database, task_id: int) -> Fork | None:
    """Return where a task begins as long as no agent of its own had a conversation.

    After the first try the whole conversation is taken: the message that was its last one then may
    not be in what the program saved.
    """
    fork = fork_of(db, task_id)
    if fork is None:
        return None
    runs = runs_of(db, task_id)
    pulses = (run_folder.load_pulse(context.paths.run(run.id)) for run in runs)
    if any(pulse is not None and pulse.session_id for pulse in pulses):
        return None
    tried = any(run_folder.load_agent(context.paths.run(run.id)) for run in runs)
    return replace(fork, message="") if tried else fork


def forked_opening(db: Database, task: Task, fork: Fork, opening: Opening) -> Opening:
    """Say who it is before what it is to do; a conversation knows that, unless it is another."""
    source = require_task_by_id(db, fork.source_id)
    if task.agent.kind is AgentKind.COMMAND:
        return opening
    words = load_words("fork").format(
        source=source.name,
        name=task.name,
        worktree=task.worktree,
        branch=task.branch,
        old=source.worktree,
    )
    known = fork.session_id and task.prompt == source.prompt
    return replace(opening, prompt=words if known else f"{words}\n\n{opening.prompt}")
