"""cleanup: what is left of ended tasks goes to the trash, by proof only, and can come back.

Each removal looks again under the repository lock, at the moment of acting:

    archive    the branch's tip, and what only the worktree knows: commits, staged files; in the hub
    record     the trash item with its proof
    rename     the worktree with its private directory into the trash
    branch     deleted by compare-and-swap: its tip is archived
    row        the name is free again

Killed anywhere, the next pass goes on from the record. What has lain in the trash for
`cleanup.keep` is swept (`sweep.py`), and then what the task left elsewhere is forgotten
(`traces.py`). By itself one pass removes, sweeps and forgets only a few.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, WtaError
from wtagents.core.keeping.retention import Keep, Remove, judge_retention, regenerable_folders
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.git.keeping.removal import FILES, remove_admin, trash_worktree
from wtagents.git.keeping.snapshots import staged_commit
from wtagents.git.maintenance import maintain, needs_maintenance
from wtagents.git.refs import swap_ref
from wtagents.operations.keeping.remains import observe_remains, owner_of
from wtagents.operations.keeping.sweep import SCRAP, Swept, scrap_folders, sweep
from wtagents.operations.keeping.traces import forget, observe_traces
from wtagents.operations.result import OperationResult, uncounted
from wtagents.operations.starting.resources import drop_resources
from wtagents.store.tasks import mark_removed, require_task
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.store.trash import add_trash_item
from wtagents.system.files import make_private_folder
from wtagents.system.folders.deletion import delete_below, empty_folder
from wtagents.system.folders.rooms import sweep_rooms
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wtagents.core.ids import Oid, TaskName
    from wtagents.core.keeping.traces import Traces
    from wtagents.core.keeping.trash import TrashItem
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.keeping.remains import Found
    from wtagents.operations.result import Count

logger = logging.getLogger(__name__)


@record
class CleanupRequest:
    """What `wta cleanup` was asked for."""

    names: tuple[str, ...] = ()
    """These tasks only; a person who names one has looked at what is left in it."""
    all: bool = False
    """As many as may go, not only a few."""
    dry_run: bool = False


@record
class Cleaned:
    """What was found out about one task, and done."""

    task: TaskName
    verdict: Remove | Keep
    folder: Path | None
    """Where its worktree lies now; None when nothing was moved."""


@record
class Cleanup:
    """What one pass did."""

    tasks: tuple[Cleaned, ...]
    swept: tuple[TrashItem, ...]
    """Items of the trash that are gone for good, or would be."""
    forgotten: tuple[Traces, ...]
    """What gone tasks left elsewhere, and is deleted, or would be."""
    lacking: int
    """Bytes that the trash takes above its quota or above what the disk can spare."""
    left: int
    """How many more may go: another pass takes them, or `--all`."""


def cleanup(
    context: Context, request: CleanupRequest, *, count: Count = uncounted
) -> OperationResult[Cleanup]:
    """Judge every task, or those named, and remove what may go.

    Raises NotFoundError; one removal that fails is a reason to keep and never stops the rest.
    """
    with context.database.read() as db:
        chosen = [require_task(db, name) for name in request.names] or stored_tasks(db)
    named = bool(request.names)
    limit = None if request.all or named else context.settings.cleanup.per_pass
    cleaned: list[Cleaned] = []
    left = removed = 0
    for done, task in enumerate(chosen):
        count(done, len(chosen), task.name)
        found = _judged(context, task, named=named)
        if isinstance(found.verdict, Remove):
            if limit is not None and removed >= limit:
                left += 1
            elif not request.dry_run:
                found = _remove(context, task, named=named)
            removed += isinstance(found.verdict, Remove)
        cleaned.append(found)
    # What this pass sweeps is forgotten by the next: the plan that was shown is what happens.
    traces = [] if named else _traces(context)
    swept = Swept(items=(), lacking=0)
    if not named:
        swept = sweep(context, limit, dry_run=request.dry_run)
    forgotten = tuple(traces[:limit])
    if not request.dry_run and not named:
        forgotten = tuple(_forgotten(context, forgotten))
        _tidy(context)
    kept = named and any(isinstance(each.verdict, Keep) for each in cleaned)
    return OperationResult(
        data=Cleanup(
            tasks=tuple(cleaned),
            swept=swept.items,
            lacking=swept.lacking,
            forgotten=forgotten,
            left=left + len(traces[len(forgotten) :]),
        ),
        exit_code=ExitCode.UNFULFILLED if kept else ExitCode.OK,
    )


def _judged(context: Context, task: Task, *, named: bool) -> Cleaned:
    try:
        verdict = judge_retention(observe_remains(context, task, named=named).remains)
    except WtaError as error:
        verdict = _doubt(error)
    return Cleaned(task=task.name, verdict=verdict, folder=None)


def _doubt(error: WtaError) -> Keep:
    cause = f": {error.cause}" if error.cause else ""
    return Keep(reason=f"{error.message}{cause}")


def _remove(context: Context, task: Task, *, named: bool) -> Cleaned:
    """Look again and act, under the lock; what can be made again is deleted outside it."""
    try:
        with context.repository_lock():
            found = observe_remains(context, task, named=named)
            verdict = judge_retention(found.remains)
            if isinstance(verdict, Keep):
                return Cleaned(task=task.name, verdict=verdict, folder=None)
            item = _trash(context, task, found, verdict)
        if item is None:
            return Cleaned(task=task.name, verdict=verdict, folder=None)
        _drop_regenerable(context, found, item)
    except WtaError as error:
        return Cleaned(task=task.name, verdict=_doubt(error), folder=None)
    return Cleaned(task=task.name, verdict=verdict, folder=item.folder)


def _trash(context: Context, task: Task, found: Found, verdict: Remove) -> TrashItem | None:
    """Carry out one removal; None for a task that left nothing but its row."""
    repository, tip = context.repository, found.remains.tip or found.remains.landed
    hub = open_hub(context.paths, repository)
    staged = staged_commit(hub, repository, task.worktree, at=context.clock.now())
    for oid in (*((tip,) if tip else ()), *found.commits, *((staged,) if staged else ())):
        hub.archive(repository, task.name, task.id, oid)
    item = found.item
    if item is None and tip is not None:
        item = _record(context, task, tip, verdict)
    if item is not None:
        _move(context, task, found, item)
    now = context.clock.now()
    with context.database.write() as db:
        if mark_removed(db, task.id, now) is None:
            raise StateError(f"task {task.name} is at work again", hint="wta status")
    drop_resources(context, task)
    return item


def _record(context: Context, task: Task, tip: Oid, verdict: Remove) -> TrashItem:
    folder = _free_folder(context, task)
    make_private_folder(folder.parent)
    with context.database.write() as db:
        return add_trash_item(
            db,
            task_id=task.id,
            original=task.worktree,
            folder=folder,
            branch=task.branch,
            tip=tip,
            proof=verdict.proof,
            at=context.clock.now(),
        )


def _free_folder(context: Context, task: Task) -> Path:
    root = trash_root(context, task.worktree)
    stem = f"{task.name.folder}-{task.id}"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(root / name for name in names if not os.path.lexists(root / name))


def trash_root(context: Context, worktree: Path) -> Path:
    """Return the trash on the file system of a worktree, so that going there is one rename."""
    parent = worktree.parent
    make_private_folder(context.paths.root)
    if not parent.is_dir() or parent.stat().st_dev == context.paths.root.stat().st_dev:
        return context.paths.trash
    return parent / ".wta-trash"


def _move(context: Context, task: Task, found: Found, item: TrashItem) -> None:
    repository, owner = context.repository, owner_of(context, task)
    if found.remains.on_disk or (item.folder / FILES).is_dir():
        trash_worktree(repository, task.worktree, item.folder, owner=owner)
    else:
        remove_admin(repository, task.worktree, owner=owner)
    tip = found.remains.tip
    if tip is None:
        return
    if tip != item.tip or not swap_ref(
        repository, task.branch.ref, None, tip, reason="wta: cleaned up, archived in the hub"
    ):
        raise StateError(
            f"{task.branch} moved while it was cleaned up",
            hint=f"look at it: git log {task.branch}; its worktree: wta undelete {task.name}",
        )


def _drop_regenerable(context: Context, found: Found, item: TrashItem) -> None:
    """Delete what a command makes again: it would fill the disk for a month."""
    patterns = context.settings.cleanup.regenerable
    for folder in regenerable_folders(found.remains.unsaved, patterns):
        delete_below(item.folder / FILES, folder, scrap=item.folder.parent / SCRAP)


def _traces(context: Context) -> list[Traces]:
    """Look what gone tasks left; what cannot be looked at stays."""
    try:
        return observe_traces(context)
    except (WtaError, OSError) as error:
        logger.info("what gone tasks left is not looked at: %s", error)
        return []


def _forgotten(context: Context, found: Iterable[Traces]) -> Iterator[Traces]:
    """Delete what gone tasks left; yield what is really gone."""
    scrap = context.paths.trash / SCRAP
    for traces in found:
        try:
            with context.repository_lock():
                done = forget(context, traces.task_id, scrap=scrap)
            empty_folder(scrap)
        except (WtaError, OSError) as error:
            logger.info("what %s left stays: %s", traces.task, error)
            continue
        if done is not None:
            yield done


def _tidy(context: Context) -> None:
    """Sweep what killed processes left, and what the hub need not remember."""
    sweep_rooms(context.paths.rooms)
    for scrap in scrap_folders(context):
        with suppress(WtaError):
            empty_folder(scrap)
    if context.paths.hub.is_dir():
        with suppress(WtaError):
            _tidy_hub(context, open_hub(context.paths, context.repository))


def _tidy_hub(context: Context, hub: Hub) -> None:
    """Forget old tips, and make the hub small again while nobody lands or looks."""
    hub.tidy()
    if not needs_maintenance(hub):
        return
    with try_lock(context.paths.merger_lock) as alone, try_lock(context.paths.radar_lock) as still:
        if alone and still:
            maintain(hub)
