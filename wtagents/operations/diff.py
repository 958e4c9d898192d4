"""diff: what a task changed since its base, uncommitted work included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.operations.context import Context


@record
class DiffRequest:
    """What `wta diff` was asked for."""

    name: str
    stat: bool = False


@record
class TaskDiff:
    """A patch in git's format."""

    name: str
    base: Oid
    patch: bytes


def diff(context: Context, request: DiffRequest) -> OperationResult[TaskDiff]:
    """Compare the base with a snapshot of the whole worktree; the agent's index is not touched.

    Both are looked at in the hub, where no setting of the repository runs anything.
    Raises StateError when the worktree is not there any more.
    """
    from wtagents.git.hub import open_hub
    from wtagents.git.snapshots import snapshot_tree

    with context.database.read() as db:
        task = require_task(db, request.name)
    if not task.worktree.is_dir():
        raise StateError(
            f"the worktree of {task.name} is not there",
            hint=f"bring it back: wta undelete {task.name}",
        )
    hub = open_hub(context.paths, context.repository)
    hub.fetch(context.repository, task.base)
    tree = snapshot_tree(hub, context.repository, task.worktree, ignored=False)
    form = ("--stat",) if request.stat else ("--patch", "--binary")
    patch = hub.repo.read("diff", "--find-renames", *form, task.base, tree).stdout
    return OperationResult(data=TaskDiff(name=task.name, base=task.base, patch=patch))
