"""purge: forget everything of gone tasks for good, also the commits that never landed.

Only by name and only for tasks that were cleaned up: this is the one act that nothing undoes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import checkpoints_of, drop_checkpoints
from wtagents.operations.keeping.sweep import scrap_folders, sweep_item
from wtagents.operations.keeping.traces import own_archive
from wtagents.operations.result import OperationResult
from wtagents.store.tasks import note_forgotten, task_by_name, tasks
from wtagents.store.trash import trash_item_of
from wtagents.system.folders.deletion import empty_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wtagents.core.ids import TaskName
    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.keeping.trash import TrashItem
    from wtagents.core.task import Task
    from wtagents.git.hub import ArchiveRef
    from wtagents.operations.context import Context


@record
class Purged:
    """What is gone of one task, or would be."""

    task: TaskName
    task_id: int
    item: TrashItem | None
    """Its files, if they still lay in the trash."""
    commits: tuple[ArchiveRef, ...]
    checkpoints: tuple[Checkpoint, ...]


def purge(
    context: Context, names: Sequence[str], *, dry_run: bool
) -> OperationResult[tuple[Purged, ...]]:
    """Forget the gone tasks of these names; with `dry_run` say only what would go.

    Raises NotFoundError, and StateError for a task that was not cleaned up; nothing is gone then.
    """
    chosen = [task for name in names for task in _gone(context, name)]
    found = tuple(_observe(context, task) for task in chosen)
    if not dry_run:
        for each in found:
            _forget(context, each)
        for scrap in scrap_folders(context):
            empty_folder(scrap)
    return OperationResult(data=found)


def _gone(context: Context, name: str) -> list[Task]:
    with context.database.read() as db:
        gone = [task for task in tasks(db, removed=True) if task.name == name and task.removed_at]
        live = task_by_name(db, name)
    if gone:
        return gone
    if live is not None:
        raise StateError(f"task {name} was not cleaned up", hint=f"first: wta cleanup {name}")
    raise NotFoundError(f"no task {name!r} was cleaned up", hint="wta cleanup --dry-run")


def _observe(context: Context, task: Task) -> Purged:
    with context.database.read() as db:
        item = trash_item_of(db, task.id)
    commits: Iterable[ArchiveRef] = ()
    checkpoints: Iterable[Checkpoint] = ()
    if context.paths.hub.is_dir():
        hub = open_hub(context.paths, context.repository)
        commits, checkpoints = own_archive(context, hub, task), checkpoints_of(hub, task.id)
    return Purged(
        task=task.name,
        task_id=task.id,
        item=item,
        commits=tuple(commits),
        checkpoints=tuple(checkpoints),
    )


def _forget(context: Context, each: Purged) -> None:
    if each.item is not None and not sweep_item(context, each.item):
        raise StateError(f"task {each.task} came back", hint=f"wta status {each.task}")
    if each.commits or each.checkpoints:
        hub = open_hub(context.paths, context.repository)
        hub.forget(each.commits)
        drop_checkpoints(hub, each.task_id, each.checkpoints)
    left = {"commits": len(each.commits), "checkpoints": len(each.checkpoints)}
    with context.database.write() as db:
        note_forgotten(db, each.task_id, context.clock.now(), left=left)
