"""Take back a task that never began: a spawn that is refused late leaves nothing half-made.

What is deleted is what this spawn made a moment ago: a checkout of the base that no set-up command
and no agent has seen.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import TaskState
from wtagents.git import admin
from wtagents.git.admin import LockReason
from wtagents.git.keeping.removal import remove_admin
from wtagents.git.refs import swap_ref
from wtagents.store.forks import fork_of
from wtagents.store.runs import runs_of
from wtagents.store.tasks import mark_removed, require_task_by_id
from wtagents.system import run_folder
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.system.paths import RunFolder


def take_back(context: Context, task_id: int) -> bool:
    """Remove worktree, branch and name of a failed task; False where it began after all.

    Raises WtaError or OSError when something of it cannot be removed; then the task stays.
    """
    with try_lock(context.paths.task_lock(task_id)) as alone, context.repository_lock():
        with context.database.read() as db:
            task = require_task_by_id(db, task_id)
            runs = runs_of(db, task_id)
        began = any(_has_begun(run, context.paths.run(run.id)) for run in runs)
        if not alone or task.state is not TaskState.FAILED or began:
            return False
        _remove_worktree(context, task)
        with context.database.write() as db:
            return mark_removed(db, task_id, context.clock.now()) is not None


def _has_begun(run: Run, folder: RunFolder) -> bool:
    """Whether a set-up command or an agent may have worked in the worktree, or still may."""
    is_live = run.state in LIVE_RUN_STATES
    return is_live or folder.setup_log.exists() or run_folder.load_agent(folder) is not None


def _remove_worktree(context: Context, task: Task) -> None:
    owner = LockReason(task=task.name, owner=context.paths.root.name)
    folder = admin.admin_dir(context.repository, task.worktree)
    if folder is None or admin.lock_text(folder) != owner.text:
        return
    if task.worktree.is_dir() and not task.worktree.is_symlink():
        shutil.rmtree(task.worktree)
    remove_admin(context.repository, task.worktree, owner=owner)
    with context.database.read() as db:
        fork = fork_of(db, task.id)
    start = fork.head if fork else task.base
    swap_ref(context.repository, task.branch.ref, None, start, reason="wta: the task never began")
