"""A branch that returns to an earlier commit, together with the index of its worktree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git import admin
from wtagents.git.keeping.snapshots import staged_commit
from wtagents.git.refs import resolve, swap_ref

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.repo import Repository


def move_branch_back(
    hub: Hub, repo: Repository, task: Task, tip: Oid, to: Oid, *, at: datetime
) -> None:
    """Move a task's branch from `tip` to a commit that the hub has; no file is touched.

    The tip and what only the index holds are archived first. The caller holds the repository lock
    and knows that nobody works there; the same again goes on after a death in the middle.
    Raises StateError when the branch has moved meanwhile.
    """
    git_dir = admin.admin_dir(repo, task.worktree)
    if git_dir is None:
        raise StateError(f"{task.worktree} is not a worktree of this repository", hint="wta doctor")
    staged = staged_commit(hub, repo, task.worktree, at=at)
    kept = [tip, *([staged] if staged else [])]
    hub.archive_all(repo, [(task.name, task.id, oid) for oid in kept])
    if resolve(repo, to) is None:
        hub.send(repo, to, [tip])
    # Its own log knows of the move. Its files are out of sight: git would look into those that are
    # as young as the index, through the filters that an agent can configure.
    own = repo.seen_from(git_dir, git_dir)
    if tip != to and not swap_ref(own, task.branch.ref, to, tip, reason="wta: restore"):
        raise StateError(f"{task.branch} moved meanwhile", hint=f"git log {task.branch}")
    # An index of the old tip would show its changes as staged, taken back.
    own.git("read-tree", "--reset", to)
