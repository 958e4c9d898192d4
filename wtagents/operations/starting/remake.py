"""The worktree of a task that has begun is gone: make it again, and say what cannot come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git import admin
from wtagents.git.keeping.lost import is_lost, make_again
from wtagents.git.refs import ref_value
from wtagents.store.facts import facts
from wtagents.store.runs import runs_of
from wtagents.system.logs import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def has_lost_worktree(db: Database, task: Task) -> bool:
    """Whether an agent had a worktree of which nothing is left."""
    return is_lost(task.worktree) and bool(runs_of(db, task.id))


def remake_worktree(context: Context, task: Task) -> None:
    """Register the worktree again on the task's branch; the caller holds the repository lock.

    Commits that only the old worktree knew are archived. Raises StateError when the branch is gone:
    a new one at the base would look as if nothing had ever been done.
    """
    from wtagents.git.hub import open_hub
    from wtagents.git.keeping.unsaved import loose_commits

    repository = context.repository
    if ref_value(repository, task.branch.ref) is None:
        raise _without_branch(context, task)
    if admin.admin_dir(repository, task.worktree) is not None:
        loose = loose_commits(repository, task.worktree)
        for oid in (*loose.detached, *loose.reflog):
            open_hub(context.paths, repository).archive(repository, task.name, task.id, oid)
    owner = context.paths.root.name
    make_again(repository, task.worktree, branch=task.branch, task=task.name, owner=owner)
    note(__name__, "the worktree of %s was gone and is made again", task.name)


def is_made_since(context: Context, task: Task, run: Run) -> bool:
    """Whether the worktree is younger than the agent of a run, so that it lacks what that left."""
    record, link = context.paths.run(run.id).agent, task.worktree / ".git"
    return record.exists() and record.stat().st_mtime < link.lstat().st_mtime


def words_of_loss(context: Context, task: Task) -> Iterator[str]:
    """Say, once the worktree is there again, what it may lack."""
    if is_lost(task.worktree):
        return
    seen = _last_look(context, task)
    paths = seen.uncommitted if seen else 0
    known = f" ({paths} uncommitted {'path' if paths == 1 else 'paths'} at the last look)"
    yield (
        f"the worktree was gone and is made again on {task.branch}; "
        f"what was neither committed nor staged is lost{known if paths else ''}"
    )


def _without_branch(context: Context, task: Task) -> StateError:
    seen = _last_look(context, task)
    return StateError(
        f"worktree and branch of {task.name} are gone",
        cause=f"there is neither {task.worktree} nor {task.branch}",
        hint=f"git branch {task.branch} {seen.head if seen else task.base}; "
        f"then: wta retry {task.name}",
    )


def _last_look(context: Context, task: Task) -> WorktreeFacts | None:
    with context.database.read() as db:
        return facts(db).get(task.id)
