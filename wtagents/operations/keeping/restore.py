"""restore: put the files of a checkpoint back into the worktree of a task.

What lies there now becomes a checkpoint first, so a restore is undone by a restore. Only files are
written: HEAD, index and branch stay, and what the checkpoint lacks of later commits shows as a
change that takes it back. With `branch` the branch, too, returns to what was checked out then; the
tip that it leaves is archived, and so is what only the index held. Empty folders are in no
checkpoint; the contents of submodules and of repositories inside stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.events import EventKind
from wtagents.core.keeping.checkpoint import Cause, choose_checkpoint
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.record import record, replace
from wtagents.core.task import TaskState
from wtagents.core.text import printable
from wtagents.git.keeping.checkpoints import held_paths
from wtagents.git.keeping.lost import is_lost
from wtagents.git.keeping.putting_back import difference, in_the_way, put_back
from wtagents.git.repo import GitError
from wtagents.operations.checkpointing.take import keep_whole, looking_at
from wtagents.operations.keeping.checkpoints import known_checkpoints
from wtagents.operations.result import OperationResult
from wtagents.store.events import add_event
from wtagents.store.merges import live_merge_request
from wtagents.store.runs import latest_run
from wtagents.store.tasks import require_task
from wtagents.system.lock import hold_file

if TYPE_CHECKING:
    from wtagents.core.ids import Oid, TaskName
    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.task import Task
    from wtagents.git.keeping.checkpoints import Whole
    from wtagents.git.keeping.putting_back import Difference
    from wtagents.operations.checkpointing.take import Looking
    from wtagents.operations.context import Context

_SHOWN = 3
_LOCK_SECONDS = 120.0


@record
class RestoreRequest:
    """What `wta restore` was asked for."""

    name: str
    at: str = ""
    """Number of a checkpoint, a time ago such as `10m`, or '' for the latest."""
    branch: bool = False
    """Move the branch back to what was checked out then, too."""
    stop: bool = False
    """Stop the agent first."""


@record
class Restored:
    """What was put back."""

    task: TaskName
    checkpoint: Checkpoint
    before: Checkpoint
    """The checkpoint that holds what lay there before."""
    written: tuple[str, ...]
    removed: tuple[str, ...]
    head: Oid
    """What is checked out now."""
    moved_from: Oid | None
    """The archived tip that the branch was at; None where it stays."""


def restore(context: Context, request: RestoreRequest) -> OperationResult[Restored]:
    """Put the files back.

    Raises NotFoundError, UsageError, and StateError while an agent works there, the task lands, or
    something stands in the way; nothing was changed then.
    """
    with context.database.read() as db:
        task = require_task(db, request.name)
    if request.stop:
        _stop(context, task)
    lock = context.paths.task_lock(task.id)
    # Nothing begins a run of the task meanwhile; a git that outlived another restore is waited for.
    with hold_file(lock, seconds=_LOCK_SECONDS, what=f"the worktree of {task.name}") as held:
        _require_rest(context, task)
        known = known_checkpoints(context, task)
        chosen = choose_checkpoint(known, request.at, context.clock.now(), task=task.name)
        _make_place(context, task)
        tip = _require_movable(context, task) if request.branch else None
        restored = _restore_files(context, task, chosen, held)
        if tip is not None:
            restored = _restore_branch(context, task, restored, tip)
        _note(context, task, restored)
        told = _has_conversation(context, task)
    return OperationResult(data=restored, messages=(*_remarks(restored), *told))


def _stop(context: Context, task: Task) -> None:
    from wtagents.operations.steering.stop import stop

    with context.database.read() as db:
        run = latest_run(db, task.id)
    going = task.state in (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)
    if going or (run is not None and run.state in LIVE_RUN_STATES):
        stop(context, [task.name])


def _require_rest(context: Context, task: Task) -> None:
    with context.database.read() as db:
        run, landing = latest_run(db, task.id), live_merge_request(db, task.id)
    if run is not None and run.state in LIVE_RUN_STATES:
        raise StateError(
            f"the agent of {task.name} is at work",
            hint=f"end it and go on: wta restore {task.name} --stop",
        )
    if landing is not None:
        raise StateError(
            f"task {task.name} is landing",
            hint=f"wait for it: wta wait {task.name} --for merged",
        )


def _make_place(context: Context, task: Task) -> None:
    """Make a worktree again whose folder is gone."""
    if not is_lost(task.worktree):
        return
    from wtagents.git.worktrees import fill_worktree
    from wtagents.operations.starting.remake import remake_worktree

    with context.repository_lock():
        remake_worktree(context, task)
    fill_worktree(context.repository, task.worktree)


def _restore_files(context: Context, task: Task, chosen: Checkpoint, held: int) -> Restored:
    with looking_at(context, task) as looking:
        if looking is None:
            raise StateError(
                f"{task.worktree} is not a whole worktree with a commit", hint="wta doctor"
            )
        wanted = _difference(looking, looking.sight.tree, chosen)
        whole = looking.whole(also=in_the_way(task.worktree, wanted), afresh=True)
        _require_kept(looking, task, whole, wanted, chosen)
        before = keep_whole(context, task, looking, whole, Cause.RESTORE)
        wanted = _difference(looking, whole.tree, chosen)
        try:
            put_back(
                looking.hub, looking.lookout, task.worktree,
                room=looking.room, now=whole, tree=chosen.tree, held=held,
            )  # fmt: skip
        except GitError as error:
            raise StateError(
                f"the files of {task.name} cannot be put back now",
                cause=error.cause,
                hint=f"who works there? then again: wta restore {task.name} {chosen.number}",
            ) from error
        head = looking.sight.head
    before = before or known_checkpoints(context, task)[-1]
    return Restored(
        task=task.name,
        checkpoint=chosen,
        before=before,
        written=wanted.written,
        removed=wanted.removed,
        head=head,
        moved_from=None,
    )


def _difference(looking: Looking, now: Oid, chosen: Checkpoint) -> Difference:
    return difference(looking.hub, looking.lookout, now, chosen.tree)


def _require_kept(
    looking: Looking, task: Task, whole: Whole, wanted: Difference, chosen: Checkpoint
) -> None:
    """Refuse to write over a file that is too large for a checkpoint, or to pass it over."""
    touched = {*wanted.written, *wanted.removed, *held_paths(looking.hub, chosen, whole.left_out)}
    lost = [path for path in whole.left_out if path in touched and path not in chosen.left_out]
    if lost:
        raise StateError(
            f"{printable(lost[0])} would be lost: it is too large for a checkpoint",
            hint=f"move it out of {task.worktree}, or raise checkpoints.largest",
        )


def _require_movable(context: Context, task: Task) -> Oid:
    """Return the tip of the branch. Raises StateError when it is not simply checked out there."""
    from wtagents.git import admin
    from wtagents.git.refs import ref_value

    git_dir = admin.admin_dir(context.repository, task.worktree)
    tip = ref_value(context.repository, task.branch.ref)
    operation = admin.operation_in_progress(git_dir) if git_dir else ""
    if git_dir is None or tip is None or admin.read_head(git_dir).branch != task.branch:
        raise StateError(
            f"HEAD of {task.worktree} is not on {task.branch}",
            hint=f"there: git switch {task.branch}; or leave out --branch",
        )
    if operation:
        raise StateError(
            f"a {operation} is in progress in {task.worktree}",
            hint=f"there: git {operation} --abort; or leave out --branch",
        )
    return tip


def _restore_branch(context: Context, task: Task, restored: Restored, tip: Oid) -> Restored:
    """Move the branch and the index; repeated after a death in the middle it goes on."""
    from wtagents.git.hub import open_hub
    from wtagents.git.keeping.branch_back import move_branch_back

    hub = open_hub(context.paths, context.repository)
    with context.repository_lock():
        move_branch_back(
            hub, context.repository, task, tip, restored.checkpoint.head, at=context.clock.now()
        )
    moved = tip if tip != restored.checkpoint.head else None
    return replace(restored, head=restored.checkpoint.head, moved_from=moved)


def _has_conversation(context: Context, task: Task) -> tuple[str, ...]:
    """Say how an agent that goes on hears of it: it remembers what it wrote."""
    with context.database.read() as db:
        run = latest_run(db, task.id)
    if run is None or task.state in ENDED_TASK_STATES:
        return ()
    return (f'its agent does not know: wta send {task.name} "files were put back; look again"',)


def _note(context: Context, task: Task, restored: Restored) -> None:
    with context.database.write() as db:
        add_event(
            db,
            EventKind.FILES_PUT_BACK,
            at=context.clock.now(),
            task_id=task.id,
            data={
                "checkpoint": restored.checkpoint.number,
                "before": restored.before.number,
                "moved_from": restored.moved_from,
                "head": restored.head,
            },
        )


def _remarks(restored: Restored) -> list[str]:
    name, chosen = restored.task, restored.checkpoint
    said = []
    if restored.head != chosen.head:
        said.append(
            f"HEAD stays at {restored.head.short}, it was {chosen.head.short} then: what was"
            " committed since shows as taken back; --branch moves the branch, too"
        )
    if chosen.left_out:
        paths = ", ".join(map(printable, chosen.left_out[:_SHOWN]))
        said.append(f"too large for the checkpoint, so they are as they were: {paths}")
    option = " --branch" if restored.moved_from else ""
    if restored.written or restored.removed or restored.moved_from:
        said.append(f"undo it: wta restore {name} {restored.before.number}{option}")
    return said
