"""adopt: a worktree that somebody else made becomes a task, with its files and its conversation.

No file and no index is touched. Its HEAD moves to a new branch at the same commit, for an agent may
write to branches of ours only; the branch of before stays where it is. The new task rests: a person
lets it go on, or lands it. Killed before the row is there, the same command goes on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.agent.claude_saved import saved_conversations
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, RunId, TaskName
from wtagents.core.record import record
from wtagents.core.run import Exit, ExitReason, RunState, Usage
from wtagents.core.task import AgentKind, AgentSpec, Reason, Task, TaskState
from wtagents.git import admin
from wtagents.git.admin import LockReason
from wtagents.git.refs import (
    branch_tips,
    check_branch_room,
    default_target,
    ref_value,
    require_branch,
    swap_ref,
)
from wtagents.git.worktrees import worktrees
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.foreign import observe_foreign
from wtagents.store.runs import add_run, move_run
from wtagents.store.tasks import add_task, move_task, require_free_name
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system.files import write_atomic
from wtagents.system.process import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from wtagents.git.worktrees import Worktree
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

_CLAUDE_LOCK = re.compile(r"claude (?:session|agent)\b.*\(pid (?P<pid>\d+)")
"""What Claude Code writes into the lock of a worktree of its own, also after it has ended."""
_NO_LIMIT = 10**6


@record
class AdoptRequest:
    """What `wta adopt` was asked for."""

    path: Path
    name: str = ""
    """'' for the name of the folder."""
    prompt: str = ""
    """What the task is; '' for what was said first in its conversation."""
    target: str | None = None


@record
class Adopted:
    """The new task."""

    task: Task
    session_id: str
    """The conversation that it goes on with, or ''."""


@record
class _Found:
    """A worktree that may be taken over."""

    worktree: Worktree
    git_dir: Path
    branch: BranchName
    """What it is on before."""
    tip: Oid
    base: Oid
    target: BranchName


def adopt(context: Context, request: AdoptRequest) -> OperationResult[Adopted]:
    """Take a worktree over.

    Raises UsageError and StateError for what is not to be taken over; nothing has changed then.
    """
    name = TaskName.parse(request.name or _name_of(request.path))
    with context.repository_lock():
        with context.database.read() as db:
            require_free_name(db, name)
            taken = stored_tasks(db)
        found = _require_adoptable(context, request, name, taken)
        _take(context, found, name)
        saved = saved_conversations(found.worktree.path)
        session = saved[-1] if saved else None
        asked = request.prompt.strip() or (session.asked if session else "")
        with context.database.write() as db:
            prompt = asked or f"Go on with what is begun in {found.worktree.path.name}."
            task = _add(db, name, found, prompt, context.clock.now())
            if session is not None:
                run_id = RunId(context.ids.uuid())
                _add_run(db, task, run_id, session.session_id, context.clock.now())
    adopted = Adopted(task=task, session_id=session.session_id if session else "")
    return OperationResult(data=adopted, messages=tuple(_remarks(context, found, task)))


def _take(context: Context, found: _Found, name: TaskName) -> None:
    """Lock the worktree for the task and put it on a branch of the task."""
    reason = LockReason(task=name, owner=context.paths.root.name)
    write_atomic(found.git_dir / "locked", f"{reason.text}\n".encode())
    branch, repository = BranchName.of_task(name), context.repository
    if found.branch == branch:
        return
    if ref_value(repository, branch.ref) is None:
        swap_ref(repository, branch.ref, found.tip, None, reason="wta: adopt")
    view = repository.seen_from(found.git_dir, found.worktree.path)
    view.git("symbolic-ref", "-m", "wta: adopt", "HEAD", branch.ref)


def _name_of(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().name).strip("-.")


def _require_adoptable(
    context: Context, request: AdoptRequest, name: TaskName, taken: list[Task]
) -> _Found:
    repository, path = context.repository, request.path.resolve()
    main, *others = worktrees(repository)
    worktree = next((each for each in others if each.path.resolve() == path), None)
    if path == main.path.resolve():
        raise StateError(f"{path} is the main worktree: it stays yours", hint="wta spawn NAME …")
    git_dir = admin.admin_dir(repository, path)
    if worktree is None or git_dir is None:
        hint = "see what there is: wta status --all"
        raise StateError(f"{path} is no worktree of this repository", hint=hint)
    for task in taken:
        if task.worktree.resolve() == path or task.branch == worktree.branch:
            raise StateError(f"{path} belongs to the task {task.name}", hint="wta status")
    if not path.is_dir() or admin.linked_dir(path) != git_dir.resolve():
        hint = f"look at it: git -C {path} status; git worktree list"
        raise StateError(f"{path} is no whole worktree", hint=hint)
    _require_quiet(context, worktree, git_dir, name)
    wanted = request.target or context.settings.merge.target
    target = BranchName.parse(wanted) if wanted else default_target(repository)
    _require_free_branch(context, worktree, BranchName.of_task(name))
    return _with_base(context, worktree, git_dir, target)


def _require_free_branch(context: Context, worktree: Worktree, branch: BranchName) -> None:
    """Refuse where the task's branch is somebody's; a killed attempt has left it at the tip."""
    tips = branch_tips(context.repository)
    if worktree.branch != branch and tips.get(branch) != worktree.head:
        check_branch_room(tips, branch)


def _require_quiet(context: Context, worktree: Worktree, git_dir: Path, name: TaskName) -> None:
    """Refuse while somebody works there, or in the middle of something."""
    path, operation = worktree.path, admin.operation_in_progress(git_dir)
    if operation:
        hint = f"end it: git -C {path} {operation} --continue, or --abort"
        raise StateError(f"a {operation} is in progress in {path}", hint=hint)
    seen = next((each for each in observe_foreign(context) if each.path == path), None)
    if seen is not None and seen.processes:
        raise StateError(f"{', '.join(seen.processes)} works in {path}", hint="end it first")
    own = LockReason(task=name, owner=context.paths.root.name).text
    if worktree.locked is None or worktree.locked.strip() == own:
        return
    claude = _CLAUDE_LOCK.search(worktree.locked)
    if claude is None or identity_of(int(claude["pid"])) is not None:
        raise StateError(
            f"{path} is locked",
            cause=worktree.locked or "without a reason",
            hint=f"when nobody needs it: git worktree unlock {path}",
        )


def _with_base(context: Context, worktree: Worktree, git_dir: Path, target: BranchName) -> _Found:
    repository, branch = context.repository, worktree.branch
    if branch is None:
        raise StateError(
            f"HEAD of {worktree.path} is on no branch",
            hint=f"give it one: git -C {worktree.path} switch -c NAME",
        )
    onto = require_branch(repository, target)
    if branch == target:
        raise StateError(f"{branch} is what work lands on", hint="name another: --target BRANCH")
    if worktree.head is None:
        raise StateError(f"{branch} has no commit yet", hint=f"git -C {worktree.path} commit")
    said = repository.read("merge-base", onto, worktree.head, ok=(0, 1)).text
    if not said:
        raise StateError(
            f"{branch} and {target} share no commit", hint="name another: --target BRANCH"
        )
    return _Found(
        worktree=worktree,
        git_dir=git_dir,
        branch=branch,
        tip=worktree.head,
        base=Oid(said),
        target=target,
    )


def _add(db: Database, name: TaskName, found: _Found, prompt: str, at: datetime) -> Task:
    task = add_task(
        db,
        name=name,
        prompt=prompt,
        base=found.base,
        target=found.target,
        branch=BranchName.of_task(name),
        worktree=found.worktree.path,
        agent=AgentSpec(kind=AgentKind.CLAUDE),
        merge_when_ready=False,
        at=at,
    )
    rested = move_task(
        db,
        task.id,
        TaskState.STOPPED,
        at=at,
        reason=Reason.STOPPED_BY_PERSON,
        detail=f"taken over from {found.worktree.path}",
    )
    return rested or task


def _add_run(db: Database, task: Task, run_id: RunId, session_id: str, at: datetime) -> None:
    """Record the life that was lived outside, so that the next one goes on in its conversation."""
    add_run(
        db,
        run_id=run_id,
        task_id=task.id,
        session_id=session_id,
        resumes=True,
        prompt=task.prompt,
        at=at,
        capacity=_NO_LIMIT,
    )
    end = Exit(
        reason=ExitReason.STOPPED,
        detail="was not run by wta",
        exit_code=None,
        denials=(),
        retry_at=None,
        usage=Usage(),
        survivors=0,
        at=at,
    )
    move_run(db, run_id, RunState.EXITED, at=at, exit=end)


def _remarks(context: Context, found: _Found, task: Task) -> Iterator[str]:
    if found.branch != task.branch:
        yield f"{found.branch} stays where it is; from now on the worktree is on {task.branch}"
    main = context.main_worktree
    if main is not None and found.worktree.path.resolve().is_relative_to(main.resolve()):
        yield f"it lies inside {main}: commands that look for files there see it, too"
