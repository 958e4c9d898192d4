"""sweep: delete for good what has lain in the trash long enough, or what the disk has no room for.

The commits stay archived in the hub.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.keeping.sweep import Sweep, plan_sweep
from wtagents.core.record import record
from wtagents.store.trash import mark_swept, trash_folders, trash_items
from wtagents.system.folders.deletion import discard, empty_folder
from wtagents.system.folders.disk import free_space, taken_space

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.keeping.trash import TrashItem
    from wtagents.operations.context import Context

SCRAP = "scrap"
"""Folder of the trash through which everything goes that is deleted."""


@record
class Swept:
    """What is gone, or would be."""

    items: tuple[TrashItem, ...]
    lacking: int
    """Bytes above the quota, or below the free space that is wanted, which nothing may go for."""


def observe_sweep(context: Context, *, most: int | None = None) -> Sweep:
    """Return what is to be deleted now, at most so many."""
    cleanup = context.settings.cleanup
    with context.database.read() as db:
        items = trash_items(db)
    measured = cleanup.quota is not None or _short(context, items) > 0
    sizes = {item.id: taken_space(item.folder) for item in items} if measured else {}
    over_quota = sum(sizes.values()) - cleanup.quota if cleanup.quota is not None else 0
    found = plan_sweep(
        items,
        sizes,
        context.clock.now(),
        keep=timedelta(seconds=cleanup.keep),
        excess=max(over_quota, _short(context, items)),
    )
    return Sweep(items=found.items[:most], lacking=found.lacking)


def _short(context: Context, items: list[TrashItem]) -> int:
    """Return how many bytes the disks of the trash lack to the floor."""
    floor = context.settings.limits.disk_floor
    return max((floor - free_space(item.folder) for item in items), default=0)


def sweep(context: Context, most: int | None, *, dry_run: bool) -> Swept:
    """Carry it out; what came back meanwhile stays."""
    found = observe_sweep(context, most=most)
    if dry_run:
        return Swept(items=found.items, lacking=found.lacking)
    gone = tuple(item for item in found.items if sweep_item(context, item))
    return Swept(items=gone, lacking=found.lacking)


def sweep_item(context: Context, item: TrashItem) -> bool:
    """Delete one item; False when it came back meanwhile."""
    root = item.folder.parent
    with context.repository_lock():
        with context.database.read() as db:
            if item not in trash_items(db):
                return False
        if root.is_dir():
            discard(root, item.folder.name, scrap=root / SCRAP)
        with context.database.write() as db:
            mark_swept(db, item.id, context.clock.now())
    if root.is_dir():
        empty_folder(root / SCRAP)
    return True


def scrap_folders(context: Context) -> set[Path]:
    """Return where a deletion that was cut off has left its rest, on every disk with a trash."""
    with context.database.read() as db:
        roots = {context.paths.trash, *(folder.parent for folder in trash_folders(db))}
    return {root / SCRAP for root in roots}
