"""Look at what is left of a task: rows, branch, worktree, processes. Nothing is changed."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.keeping.retention import RESTING, Remains
from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.git.admin import LockReason
from wtagents.git.hub import open_hub
from wtagents.git.keeping.unsaved import loose_commits, unsaved_work
from wtagents.git.merging.integrated import how_integrated
from wtagents.git.refs import ref_value
from wtagents.git.worktrees import worktrees
from wtagents.operations.starting.instructions import INSTRUCTIONS_FILE, OPENING
from wtagents.store.after import tasks_waiting_for
from wtagents.store.merges import latest_merge_request, live_merge_request
from wtagents.store.runs import runs_of
from wtagents.store.trash import restored_at, trash_item_of
from wtagents.system.process import RUN_MARK, marked_processes, processes_inside

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.keeping.trash import TrashItem
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.worktree import Unsaved
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)


@record
class Found:
    """What is left, and what the removal needs to know besides."""

    remains: Remains
    item: TrashItem | None
    """An earlier removal that was cut off."""
    commits: tuple[Oid, ...]
    """Commits that only the worktree knows: archived before it goes."""


def owner_of(context: Context, task: Task) -> LockReason:
    """Return what stands in the lock of a worktree of ours."""
    return LockReason(task=task.name, owner=context.paths.root.name)


def observe_remains(context: Context, task: Task, *, named: bool) -> Found:
    """Look at one task. Raises SystemFault when git or the disk cannot answer."""
    with context.database.read() as db:
        runs = runs_of(db, task.id)
        landing = live_merge_request(db, task.id)
        latest = latest_merge_request(db, task.id)
        item = trash_item_of(db, task.id)
        came_back = restored_at(db, task.id)
        awaited_by = next((each.name for each in tasks_waiting_for(db, task.id)), "")
    on_disk = os.path.lexists(task.worktree)
    landed = latest.source if latest and latest.state is MergeState.MERGED else None
    at_work = "it is landing" if landing else _at_work(runs)
    return Found(
        remains=Remains(
            state=task.state,
            named=named,
            at_work=at_work,
            tip=ref_value(context.repository, task.branch.ref),
            landed=landed,
            on_disk=on_disk,
            elsewhere=_elsewhere(context, task),
            unsaved=_unsaved(context, task) if on_disk else (),
            restored_at=came_back,
            integrated="" if at_work else _integrated(context, task),
            awaited_by=awaited_by,
        ),
        item=item,
        commits=_loose(context, task) if on_disk else (),
    )


def _at_work(runs: list[Run]) -> str:
    if any(run.state in LIVE_RUN_STATES for run in runs):
        return "its agent is at work"
    left = marked_processes(*((RUN_MARK, run.id) for run in runs)) if runs else []
    pids = ", ".join(str(identity.pid) for identity in left)
    return f"processes of its agent are left: {pids}" if left else ""


def _integrated(context: Context, task: Task) -> str:
    """Say how somebody else has landed a task that rests; what cannot be told is not landed."""
    repository = context.repository
    tip, target = (ref_value(repository, each.ref) for each in (task.branch, task.target))
    if task.state not in RESTING or tip is None or target is None or tip == task.base:
        return ""
    try:
        hub = open_hub(context.paths, repository)
        hub.fetch(repository, tip, target, task.base)
        return how_integrated(hub, base=task.base, tip=tip, target=target)
    except WtaError as error:
        logger.info("whether %s has landed cannot be told: %s", task.name, error)
        return ""


def _elsewhere(context: Context, task: Task) -> str:
    places = [
        each.path
        for each in worktrees(context.repository)
        if each.branch == task.branch and each.path != task.worktree
    ]
    return str(places[0]) if places else ""


def _unsaved(context: Context, task: Task) -> tuple[Unsaved, ...]:
    return tuple(
        unsaved_work(
            context.repository,
            task.worktree,
            owner=owner_of(context, task),
            own_files=_own_files(task),
            processes_inside=processes_inside(task.worktree),
        )
    )


def _own_files(task: Task) -> tuple[str, ...]:
    path = task.worktree / INSTRUCTIONS_FILE
    try:
        ours = not path.is_symlink() and path.read_text(errors="replace").startswith(OPENING)
    except OSError:
        ours = False
    return (INSTRUCTIONS_FILE,) if ours else ()


def _loose(context: Context, task: Task) -> tuple[Oid, ...]:
    """What cannot be told is among the unsaved work as unknown, so that the worktree stays."""
    try:
        loose = loose_commits(context.repository, task.worktree)
    except ValueError:
        return ()
    return (*loose.detached, *loose.reflog)
