"""undelete: bring back what cleanup took away, as it was: files, index, branch, row."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.git.keeping.lost import is_lost
from wtagents.git.keeping.removal import ADMIN, FILES, restore_worktree
from wtagents.git.refs import resolve
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.operations.result import OperationResult
from wtagents.store.tasks import (
    removed_task,
    require_free_name,
    require_task_by_id,
    restore_task,
    task_by_name,
)
from wtagents.store.trash import last_trash_item_of, mark_restored, trash_item_of

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.keeping.trash import TrashItem
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context


@record
class Undeleted:
    """A task that is there again."""

    task: Task
    worktree: Path | None
    """None for a task that never had one."""


def undelete(context: Context, name: str) -> OperationResult[Undeleted]:
    """Bring the latest task of this name back out of the trash.

    Raises NotFoundError when there was none, StateError when it was swept, or its name, place or
    branch was taken since; nothing has changed then.
    """
    task, item = _found(context, name)
    if item is not None and item.swept_at is not None:
        raise _swept(context, task, item)
    with context.repository_lock():
        if item is not None:
            _bring_back(context, task, item)
        now = context.clock.now()
        with context.database.write() as db:
            restore_task(db, task.id, now)
            if item is not None:
                mark_restored(db, item.id, now)
            task = require_task_by_id(db, task.id)
    worktree = task.worktree if os.path.lexists(task.worktree) else None
    return OperationResult(data=Undeleted(task=task, worktree=worktree))


def _found(context: Context, name: str) -> tuple[Task, TrashItem | None]:
    """Return the task that went, or one whose removal was cut off, and where its files are."""
    with context.database.read() as db:
        current, removed = task_by_name(db, name), removed_task(db, name)
        if current is not None:
            item = trash_item_of(db, current.id)
            if item is not None:
                return current, item
        if removed is None:
            if current is not None:
                again = is_lost(current.worktree) and current.state not in ENDED_TASK_STATES
                hint = f"wta {'retry' if again else 'status'} {name}"
                raise StateError(f"task {name} was not cleaned up", hint=hint)
            raise NotFoundError(f"no task {name!r} was cleaned up", hint="wta cleanup --dry-run")
        require_free_name(db, removed.name)
        return removed, last_trash_item_of(db, removed.id)


def _bring_back(context: Context, task: Task, item: TrashItem) -> None:
    repository = context.repository
    hub = open_hub(context.paths, repository)
    _send_commits(context, hub, task, item)
    parts = (item.folder / ADMIN, item.folder / FILES, item.original)
    if any(os.path.lexists(part) for part in parts):
        restore_worktree(repository, item.original, item.folder, branch=item.branch, tip=item.tip)
        with suppress(OSError):
            item.folder.rmdir()
        return
    # Its files were gone before it was cleaned up: the branch is what there is.
    add_worktree(
        repository,
        item.original,
        branch=item.branch,
        base=item.tip,
        task=task.name,
        owner=context.paths.root.name,
    )
    fill_worktree(repository, item.original)


def _send_commits(context: Context, hub: Hub, task: Task, item: TrashItem) -> None:
    """Give the repository every archived commit again: it may have forgotten them."""
    repository = context.repository
    known = [
        oid
        for oid in (task.base, resolve(repository, task.target.ref))
        if oid and resolve(hub.repo, oid) and resolve(repository, oid)
    ]
    for oid in dict.fromkeys((item.tip, *hub.archived(task.name, task.id))):
        hub.send(repository, oid, known)


def _swept(context: Context, task: Task, item: TrashItem) -> StateError:
    ref = f"refs/wta/archive/{task.name.folder}/{task.id}/{item.tip}"
    if resolve(open_hub(context.paths, context.repository).repo, ref) is None:
        hint = f"its commits landed: git log {task.target}"
    else:
        hint = f"its commits: git fetch {context.paths.hub} {ref}:{item.branch.ref}"
    return StateError(
        f"the files of {task.name} were swept on {item.swept_at:%Y-%m-%d}",
        cause=f"they had lain in the trash since {item.trashed_at:%Y-%m-%d}",
        hint=hint,
    )
