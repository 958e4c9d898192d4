"""What git says of worktrees, asked only of those that changed since git saw them last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.git.looking.signature import signature

if TYPE_CHECKING:
    from wtagents.core.worktree import WorktreeFacts
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


def _remember(context: Context, task_id: int, found: WorktreeFacts) -> None:
    """Keep the answer for the next list; a store that cannot be written to changes nothing."""
    from wtagents.core.errors import SystemFault
    from wtagents.store.facts import record_facts

    try:
        with context.database.write(durable=False) as db:
            record_facts(db, task_id, found)
    except SystemFault:
        return
