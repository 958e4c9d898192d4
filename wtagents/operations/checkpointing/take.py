"""Take a checkpoint of one worktree, and let go of those that need not be kept.

Agents are not disturbed: their index, HEAD and stash are only read. One at a time, together with
the looks of the radar, whose rooms are used; killed anywhere, the next one begins again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.agent.stream import last_message
from wtagents.core.keeping.checkpoint import Cause, Checkpoint, surplus
from wtagents.core.record import record, replace
from wtagents.git import admin
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import (
    Files,
    checkpoints_of,
    drop_checkpoints,
    keep_checkpoint,
    whole_tree,
)
from wtagents.git.merging.lookout import Round, clear_lookout, look_at, open_lookout
from wtagents.git.refs import ref_value
from wtagents.git.repo import GitError
from wtagents.operations.checkpointing.trail import follower_of
from wtagents.operations.radar.sights import LARGEST
from wtagents.store.runs import latest_run
from wtagents.system import run_folder
from wtagents.system.files import load_tail, make_private_folder
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.keeping.checkpoints import Whole
    from wtagents.git.merging.lookout import Lookout, Sight
    from wtagents.operations.context import Context

_TAIL = 2_000_000
"""Bytes at the end of a stream in which the agent's last message is looked for."""
LOCK_SECONDS = 120.0
"""How long a look of the radar is waited for."""


@record
class Looking:
    """One worktree, looked at; the radar's lock is held as long as this is used."""

    hub: Hub
    lookout: Lookout
    round: Round
    room: Path
    sight: Sight
    files: Files
    worktree: Path

    def whole(self, *, also: tuple[str, ...] = (), afresh: bool = False) -> Whole:
        """Return everything that a checkpoint holds, and `also`; see `whole_tree`."""
        files = replace(self.files, also=also)
        return whole_tree(
            self.round, self.worktree, self.sight, room=self.room, files=files, afresh=afresh
        )


@contextmanager
def looking_at(
    context: Context, task: Task, *, seconds: float = LOCK_SECONDS
) -> Iterator[Looking | None]:
    """Look at a worktree and go on holding the rooms; None where there is none, or no commit.

    Raises DeadlineError when another look does not end, GitError for what git cannot read.
    """
    make_private_folder(context.paths.root)
    with hold_lock(context.paths.radar_lock, seconds=seconds, what="looking at worktrees"):
        try:
            yield _looked(context, task)
        except GitError:
            # The lookout may be damaged; it holds nothing that has to be kept.
            clear_lookout(context.paths.radar)
            raise


def _looked(context: Context, task: Task) -> Looking | None:
    repo, settings = context.repository, context.settings.checkpoints
    lookout = open_lookout(context.paths.radar, repo)
    git_dir = admin.admin_dir(repo, task.worktree)
    branch = admin.read_head(git_dir).branch if git_dir else None
    tip = ref_value(repo, branch.ref) if branch else None
    round_ = Round(lookout, repo, {branch: tip} if branch and tip else {})
    name = str(task.id)
    sight = look_at(round_, task.worktree, name=name, largest=LARGEST)
    if sight is None:
        return None
    return Looking(
        hub=open_hub(context.paths, repo),
        lookout=lookout,
        round=round_,
        room=lookout.room(name),
        sight=sight,
        files=Files(include=settings.include, largest=settings.largest),
        worktree=task.worktree,
    )


def take_checkpoint(
    context: Context, task: Task, cause: Cause, *, seconds: float = LOCK_SECONDS
) -> Checkpoint | None:
    """Keep what lies in the worktree now; None when the last checkpoint has it already.

    None also where no worktree is. Raises as `looking_at`, and SystemFault for a full disk.
    """
    follower = follower_of(context, task)
    with looking_at(context, task, seconds=seconds) as looking:
        if looking is None:
            return None
        whole = looking.whole()
        kept = keep_whole(context, task, looking, whole, cause)
        if follower is not None:
            follower.note(whole.tree, looking.sight.head, context.clock.now())
        return kept


def keep_whole(
    context: Context, task: Task, looking: Looking, whole: Whole, cause: Cause
) -> Checkpoint | None:
    """Make a checkpoint of what was looked at, unless the last one is the same."""
    hub, now = looking.hub, context.clock.now().replace(microsecond=0)
    earlier = checkpoints_of(hub, task.id)
    head = looking.sight.head
    if earlier and (earlier[-1].tree, earlier[-1].head) == (whole.tree, head):
        return None
    git_dir = admin.admin_dir(context.repository, task.worktree)
    run, turn, message = _where(context, task)
    new = keep_checkpoint(
        hub,
        looking.round,
        task.id,
        Checkpoint(
            number=earlier[-1].number + 1 if earlier else 1,
            commit=head,
            tree=whole.tree,
            head=head,
            branch=admin.read_head(git_dir).branch if git_dir else None,
            at=now,
            cause=cause,
            run=run,
            turn=turn,
            message=message,
            left_out=whole.left_out,
        ),
        earlier=earlier,
    )
    thin(context, hub, task.id, [*earlier, new])
    return new


def thin(context: Context, hub: Hub, task_id: int, checkpoints: list[Checkpoint]) -> None:
    """Let those go that need not be kept."""
    most = context.settings.checkpoints.most
    drop_checkpoints(hub, task_id, surplus(checkpoints, context.clock.now(), most=most))


def _where(context: Context, task: Task) -> tuple[int, int, str]:
    """Return the number of the latest run, its requests, and the agent's last message in it."""
    with context.database.read() as db:
        run = latest_run(db, task.id)
    if run is None:
        return 0, 0, ""
    folder = context.paths.run(run.id)
    message = last_message(load_tail(folder.stream, _TAIL))
    if run.exit is not None:
        return run.number, run.exit.usage.turns, message
    pulse = run_folder.load_pulse(folder)
    return run.number, pulse.usage.turns if pulse else 0, message
