"""Where a task begins that builds on another one: at what that one has by then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.task import TaskState
from wtagents.git.refs import require_branch
from wtagents.store.after import foundation_of
from wtagents.store.tasks import set_base

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def lay_foundation(context: Context, db: Database, task: Task) -> Task:
    """Let the first run of a task begin at the branch that it builds on, or at the target.

    Later runs, and a first one whose worktree is there already, keep where they are: commits from
    the base on are the task's own, and those alone are replayed when it lands.
    """
    foundation = foundation_of(db, task.id)
    if foundation is None or os.path.lexists(task.worktree):
        return task
    landed = foundation.state is TaskState.MERGED
    branch = task.target if landed else foundation.branch
    return set_base(db, task.id, require_branch(context.repository, branch), context.clock.now())
