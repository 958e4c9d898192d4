"""diff: what a task changed since its base, uncommitted work included."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.store.merges import latest_merge_request
from wtagents.store.tasks import require_task
from wtagents.system.paths import StatePaths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context


@record
class DiffRequest:
    """What `wta diff` was asked for."""

    name: str
    stat: bool = False
    landing: bool = False
    """What the last attempt to land it would have done to the target, or did."""
    checkpoint: str = ""
    """Number of a checkpoint or a time ago: what that held, not what is there now."""
    at: datetime | None = None
    """A moment that has passed: what the last checkpoint until then held."""


@record
class TaskDiff:
    """A patch in git's format."""

    name: str
    base: Oid
    patch: bytes


def diff(context: Context, request: DiffRequest) -> OperationResult[TaskDiff]:
    """Compare the base with a snapshot of the whole worktree; the agent's index is not touched.

    Both are looked at in the hub, where no setting of the repository runs anything.
    Of a worktree that is gone the branch is what there is. Raises StateError without that, too.
    """
    from wtagents.git.hub import open_hub

    if request.at is not None:
        return _as_of(context, request, request.at)
    with context.records.read() as db:
        task = require_task(db, request.name)
    if request.landing:
        hub = open_hub(context.paths, context.repository)
        with context.records.read() as db:
            latest = latest_merge_request(db, task.id)
        old, new = _attempt(task, latest)
        return OperationResult(data=_compared(hub, task, old, new, request))
    if request.checkpoint:
        return _until_checkpoint(context, task, request)
    with _writable_paths(context) as paths:
        return _since_base(context, open_hub(paths, context.repository), task, request)


@contextmanager
def _writable_paths(context: Context) -> Iterator[StatePaths]:
    """Yield where a hub can take objects: not in a state folder that cannot be written to."""
    if not context.paths.root.exists() or os.access(context.paths.root, os.W_OK):
        yield context.paths
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="wta-hub-") as folder:
        yield StatePaths(root=Path(folder))


def _since_base(
    context: Context, hub: Hub, task: Task, request: DiffRequest
) -> OperationResult[TaskDiff]:
    hub.fetch(context.repository, task.base)
    if task.worktree.is_dir():
        from wtagents.git.keeping.snapshots import snapshot_tree

        tree = snapshot_tree(hub, context.repository, task.worktree, ignored=False)
        messages: tuple[str, ...] = ()
    else:
        tree = _tip_of_branch(context, hub, task)
        messages = (_without_worktree(task),)
    changed = _compared(hub, task, task.base, tree, request)
    return OperationResult(data=changed, messages=messages)


def _until_checkpoint(
    context: Context, task: Task, request: DiffRequest
) -> OperationResult[TaskDiff]:
    from wtagents.core.keeping.checkpoint import choose_checkpoint
    from wtagents.git.hub import open_hub
    from wtagents.operations.keeping.checkpoints import known_checkpoints

    known = known_checkpoints(context, task)
    chosen = choose_checkpoint(known, request.checkpoint, context.clock.now(), task=task.name)
    hub = open_hub(context.paths, context.repository)
    hub.fetch(context.repository, task.base)
    return OperationResult(data=_compared(hub, task, task.base, chosen.commit, request))


def _compared(hub: Hub, task: Task, old: Oid, new: Oid, request: DiffRequest) -> TaskDiff:
    form = ("--stat",) if request.stat else ("--patch", "--binary")
    patch = hub.repo.read("diff", "--find-renames", *form, old, new).stdout
    return TaskDiff(name=task.name, base=old, patch=patch)


def _as_of(context: Context, request: DiffRequest, at: datetime) -> OperationResult[TaskDiff]:
    """Compare the base with the last checkpoint until a moment, or tell the attempt of then."""
    from wtagents.git.hub import open_hub
    from wtagents.operations.keeping.checkpoints import known_checkpoints
    from wtagents.operations.telling.then import observe_then

    with context.records.read() as db:
        then = observe_then(db, at)
    (task,) = then.named((request.name,))
    hub = open_hub(context.paths, context.repository)
    if request.landing:
        old, new = _attempt(task, then.merge_of(task.id))
        return OperationResult(data=_compared(hub, task, old, new, request))
    kept = [each for each in known_checkpoints(context, task) if each.at <= at]
    if not kept:
        raise StateError(
            f"what {task.name} had changed by then was not kept",
            hint=f"see what was: wta checkpoints {task.name}",
        )
    last = kept[-1]
    hub.fetch(context.repository, task.base)
    said = f"as of checkpoint {last.number}, {last.at.astimezone():%d %b %H:%M:%S}"
    changed = _compared(hub, task, task.base, last.commit, request)
    return OperationResult(data=changed, messages=(said,))


def _attempt(task: Task, latest: MergeRequest | None) -> tuple[Oid, Oid]:
    """Return the target's tip and the candidate of an attempt to land a task."""
    if latest is None or latest.onto is None or latest.candidate is None:
        raise StateError(
            f"nothing of {task.name} was built to land",
            hint=f"see how it would go: wta merge {task.name} --dry-run",
        )
    return latest.onto, latest.candidate


def _tip_of_branch(context: Context, hub: Hub, task: Task) -> Oid:
    from wtagents.git.refs import ref_value

    tip = ref_value(context.repository, task.branch.ref)
    if tip is None:
        raise StateError(
            f"neither the worktree nor the branch of {task.name} is there",
            hint=f"wta retry {task.name} says how to go on",
        )
    hub.fetch(context.repository, tip)
    return tip


def _without_worktree(task: Task) -> str:
    again = "" if task.state in ENDED_TASK_STATES else f"; make it again: wta retry {task.name}"
    return f"the worktree is gone: this is what {task.branch} holds{again}"
