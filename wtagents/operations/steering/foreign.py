"""foreign: worktrees of this repository that no task has, and who works there. They are only seen.

Hand-started sessions of Claude Code, `claude --worktree` and `claude --bg` leave such ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.claude_saved import saved_conversations
from wtagents.core.record import record
from wtagents.git.worktrees import worktrees
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.status import StatusRequest, TaskStatus, status
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system.process import processes_inside

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid
    from wtagents.git.worktrees import Worktree
    from wtagents.operations.context import Context

_CLAUDE = "claude"
"""Begins the name of its processes."""


@record
class Foreign:
    """A worktree that is seen and not managed."""

    path: Path
    branch: BranchName | None
    """None: HEAD is detached."""
    head: Oid | None
    main: bool
    """Whether it is the main worktree; told only while somebody works there with Claude Code."""
    locked: str | None
    missing: bool
    """Whether its folder is gone."""
    processes: tuple[str, ...]
    """Sessions of Claude Code that work there now: `claude (pid 123)`."""
    session_id: str
    """Its latest conversation, or ''."""
    session_at: datetime | None


@record
class Everything:
    """What `wta status --all` tells."""

    tasks: tuple[TaskStatus, ...]
    foreign: tuple[Foreign, ...]


def everything(context: Context, request: StatusRequest) -> OperationResult[Everything]:
    """Describe all tasks, and what is there beside them."""
    known = status(context, request)
    found = Everything(tasks=known.data, foreign=observe_foreign(context))
    return OperationResult(data=found, messages=known.messages)


def observe_foreign(context: Context) -> tuple[Foreign, ...]:
    """Look for worktrees that no task has. Raises SystemFault when git cannot answer."""
    main, *others = worktrees(context.repository)
    db = context.reader
    owned = {task.worktree.resolve() for task in stored_tasks(db)} if db is not None else set()
    seen = [_seen(each, main=False) for each in others if each.path.resolve() not in owned]
    inside = {process for each in others for process in _sessions(each.path)}
    at_main = _seen(main, main=True, but=inside)
    return (*((at_main,) if at_main.processes and not main.bare else ()), *seen)


def _seen(worktree: Worktree, *, main: bool, but: Iterable[str] = ()) -> Foreign:
    saved = saved_conversations(worktree.path)
    latest = saved[-1] if saved else None
    left_out = set(but)
    return Foreign(
        path=worktree.path,
        branch=worktree.branch,
        head=worktree.head,
        main=main,
        locked=worktree.locked,
        missing=not worktree.path.is_dir(),
        processes=tuple(each for each in _sessions(worktree.path) if each not in left_out),
        session_id=latest.session_id if latest else "",
        session_at=latest.at if latest else None,
    )


def _sessions(path: Path) -> list[str]:
    return [each for each in processes_inside(path) if each.startswith(_CLAUDE)]
