"""Put the files of a checkpoint into the new worktree of a fork, before its first run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git.keeping.checkpoints import copy_checkpoint
from wtagents.git.keeping.putting_back import put_back
from wtagents.operations.checkpointing.take import looking_at
from wtagents.store.forks import fork_of
from wtagents.store.runs import latest_run

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.core.tending.fork import Fork
    from wtagents.operations.context import Context
    from wtagents.operations.starting.filling import Filling


def put_fork_files(context: Context, task: Task, filling: Filling) -> None:
    """Make the worktree of a fork hold what the checkpoint held; afterwards it is left alone."""
    with context.database.read() as db:
        fork = fork_of(db, task.id)
        begun = latest_run(db, task.id) is not None
    if fork is not None and not begun:
        filling.finish()
        _put(context, task, fork, filling)


def _put(context: Context, task: Task, fork: Fork, filling: Filling) -> None:
    with looking_at(context, task) as looking:
        if looking is None:
            raise StateError(f"{task.worktree} is not a whole worktree", hint="wta doctor")
        first = copy_checkpoint(looking.hub, fork.checkpoint, task.id)
        put_back(
            looking.hub,
            looking.lookout,
            task.worktree,
            room=looking.room,
            now=looking.whole(afresh=True),
            tree=first.tree,
            held=filling.descriptor,
        )
