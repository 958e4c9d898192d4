"""What git says of worktrees, asked only of those that changed since git saw them last."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.git.looking.signature import signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.task import Task
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.store.standings import Standing


def facts_now(context: Context, stands: Standing, *, ask: bool) -> WorktreeFacts | None:
    """Return how the worktree of a task is; with `ask` git is asked in any case."""
    task, known = stands.task, stands.worktree
    if not ask and known is not None and known.signature == signature(task.worktree):
        return known
    return ask_git(context, stands)


def ask_git(context: Context, stands: Standing) -> WorktreeFacts | None:
    """Ask git about the worktree of a task and keep the answer; None where it is not whole."""
    from wtagents.git.looking.worktree_looks import worktree_facts

    task = stands.task
    found = worktree_facts(context.repository, task.worktree, task.base, at=context.clock.now())
    if found is not None:
        _remember(context, task.id, found)
    return found


def facts_until(
    context: Context, standings: Sequence[Standing], at: datetime
) -> dict[int, WorktreeFacts]:
    """Return how the worktrees of tasks were at a moment, by task id, as far as that is kept.

    By the last look where none came later, else by the last checkpoint until then.
    """
    seen = {each.task.id: each.worktree for each in standings if each.worktree is not None}
    found = {task_id: known for task_id, known in seen.items() if known.at <= at}
    others = [each.task for each in standings if each.run is not None and each.task.id not in found]
    if not others or not context.paths.hub.is_dir():
        return found
    from wtagents.core.errors import WtaError
    from wtagents.git.hub import open_hub
    from wtagents.git.keeping.checkpoints import all_checkpoints

    hub = open_hub(context.paths, context.repository)
    kept = all_checkpoints(hub)
    for task in others:
        until = [each for each in kept.get(task.id, ()) if each.at <= at]
        if until:
            with suppress(WtaError, ValueError):
                found[task.id] = _facts_of(hub, task, until[-1])
    return found


def _facts_of(hub: Hub, task: Task, kept: Checkpoint) -> WorktreeFacts:
    """Compare what a checkpoint holds with the base, and with what was committed."""
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.git.keeping.checkpoints import lines_between

    base, head = f"{task.base}^{{tree}}", f"{kept.head}^{{tree}}"
    trees = [Oid(each) for each in hub.repo.read("rev-parse", base, kept.tree, head).text.split()]
    since, open_ = lines_between(hub, trees)
    commits = hub.repo.read("rev-list", "--count", f"{task.base}..{kept.head}").text
    return WorktreeFacts(
        head=kept.head,
        branch=kept.branch,
        commits=int(commits),
        files_changed=since.files,
        insertions=since.insertions,
        deletions=since.deletions,
        uncommitted=open_.files,
        operation="",
        signature="",
        at=kept.at,
    )


def _remember(context: Context, task_id: int, found: WorktreeFacts) -> None:
    """Keep the answer for the next list; a store that cannot be written to changes nothing."""
    from wtagents.core.errors import SystemFault
    from wtagents.store.facts import record_facts

    try:
        with context.database.write(durable=False) as db:
            record_facts(db, task_id, found)
    except SystemFault:
        return
