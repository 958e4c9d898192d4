"""spawn: write the wish, run one tick for it, leave.

Everything that can be wrong is asked before the wish is written, so a refused spawn leaves nothing.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from wtagents.core.config.profiles import profile_of
from wtagents.core.errors import StateError, SystemFault, UsageError, WtaError
from wtagents.core.ids import BranchName, TaskName
from wtagents.core.record import record, replace
from wtagents.core.size import size_text
from wtagents.core.task import AgentKind, AgentSpec, Task, TaskState
from wtagents.core.tending.admission import Bar
from wtagents.core.text import printable
from wtagents.git.refs import (
    check_branch_room,
    default_target,
    looking_at_branches,
    require_branch,
    require_commit,
)
from wtagents.operations.result import OperationResult
from wtagents.operations.starting.worktree import worktree_path
from wtagents.operations.tick import tick
from wtagents.store.runs import latest_run
from wtagents.store.tasks import add_task, require_free_name, require_task, require_task_by_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.config.profiles import Profile
    from wtagents.core.ids import Oid
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.core.run import Run
    from wtagents.operations.confining.choose import Sandbox
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

PROMPT_LIMIT = 10_000_000
"""Bytes of the longest prompt that Claude Code takes on its standard input."""
_SHA1_DIGITS = 40


@record
class SpawnRequest:
    """What `wta spawn` was asked for."""

    name: str
    prompt: str
    base: str | None = None
    """Any revision; None for the tip of the target."""
    target: str | None = None
    agent: AgentSpec | None = None
    merge: bool = False
    priority: int = 0
    """Higher starts first."""
    after: tuple[str, ...] = ()
    """Tasks that land before this one does."""
    after_ready: str | None = None
    """Task from whose ready branch this one starts; it lands before this one does, too."""


@record
class Spawned:
    """The new task, and its run if there was room for one."""

    task: Task
    run: Run | None
    sandbox: SandboxMode
    """What keeps its agent inside."""


@record
class Wished:
    """A request in which everything was found in order."""

    name: TaskName
    request: SpawnRequest
    base: Oid
    target: BranchName
    branch: BranchName
    worktree: Path
    agent: AgentSpec
    sandbox: SandboxMode


def spawn(context: Context, request: SpawnRequest) -> OperationResult[Spawned]:
    """Add a task and begin it.

    Raises UsageError, StateError, ConfigError or SystemFault; nothing is left behind then.
    """
    [wished] = check(context, (request,))
    with context.database.write() as db:
        task = add(db, wished, at=context.clock.now())
    return begin(context, task, wished.sandbox)


def check(context: Context, requests: Sequence[SpawnRequest]) -> tuple[Wished, ...]:
    """Return what was asked for where nothing of it can be wrong, in the same order.

    One may build on those before it. Raises as `spawn` does, for the first that is not in order.
    """
    from wtagents.operations.starting.git_program import require_git_program
    from wtagents.operations.starting.large_files import looking_for_large_files

    names = tuple(TaskName.parse(each.name) for each in requests)
    require_git_program(context)
    for each in requests:
        _check_prompt(each.prompt)
    repository = context.repository
    with looking_at_branches(repository) as look, looking_for_large_files(repository) as require:
        with context.database.read() as db:
            for index, (name, request) in enumerate(zip(names, requests, strict=True)):
                _check_names(db, name, request, names[:index])
        specs = [_agent(context, each) for each in requests]
        tips = look()
        checked = [
            _checked(context, name, request, spec, tips)
            for name, request, spec in zip(names, requests, specs, strict=True)
        ]
        for base in {each.base for each in checked}:
            require(base)
    return tuple(checked)


def _agent(context: Context, request: SpawnRequest) -> AgentSpec:
    configured = context.settings.agent
    spec = request.agent or AgentSpec(kind=AgentKind(configured.kind))
    return _with_profile(spec, configured.profiles)


def _checked(
    context: Context,
    name: TaskName,
    request: SpawnRequest,
    spec: AgentSpec,
    tips: Mapping[BranchName, Oid],
) -> Wished:
    target, base = _starting_point(context, request, tips)
    if len(base) != _SHA1_DIGITS:
        from wtagents.git.new_hub import require_sha1

        require_sha1(context.repository)
    branch = BranchName.of_task(name)
    check_branch_room(tips, branch)
    path = worktree_path(context, name.folder)
    sandbox = check_surroundings(context, path, spec)
    return Wished(
        name=name,
        request=request,
        base=base,
        target=target,
        branch=branch,
        worktree=path,
        agent=spec,
        sandbox=sandbox.mode,
    )


def add(db: Database, wished: Wished, *, at: datetime) -> Task:
    """Write the wish. Raises StateError when the name was taken meanwhile."""
    request = wished.request
    task = add_task(
        db,
        name=wished.name,
        prompt=request.prompt,
        base=wished.base,
        target=wished.target,
        branch=wished.branch,
        worktree=wished.worktree,
        agent=wished.agent,
        merge_when_ready=request.merge,
        priority=request.priority,
        at=at,
    )
    if request.after or request.after_ready is not None:
        from wtagents.store.after import add_after

        after = [require_task(db, each).id for each in request.after]
        first = require_task(db, request.after_ready).id if request.after_ready else None
        add_after(db, task.id, [*([] if first is None else [first]), *after], foundation=first)
    return task


def begin(context: Context, task: Task, sandbox: SandboxMode) -> OperationResult[Spawned]:
    """Run one tick for a new task. Raises what kept it from beginning; it is gone then."""
    failures = tick(context, task_ids={task.id}).failures
    with context.database.read() as db:
        task = require_task_by_id(db, task.id)
        run = latest_run(db, task.id)
    if task.state is TaskState.FAILED and failures:
        drop_failed(context, task)
        raise failures[0]
    spawned = Spawned(task=task, run=run, sandbox=sandbox)
    return OperationResult(data=spawned, messages=why_waiting(context, task, run))


def _check_names(
    db: Database, name: TaskName, request: SpawnRequest, before: Sequence[TaskName]
) -> None:
    """Raise StateError, NotFoundError or UsageError for a name that is taken or leads nowhere."""
    if name in before:
        raise UsageError(f"two tasks are called {name}", hint="rename one of them")
    for other in before:
        if name.folded == other.folded or name.nests_with(other):
            raise UsageError(
                f"the names {other} and {name} do not fit beside each other",
                cause="they must differ by more than capitals and '/' against '-'",
                hint="rename one of them",
            )
    require_free_name(db, name)
    for each in request.after:
        if each not in before:
            require_task(db, each)
    if request.after_ready is not None and request.base is not None:
        raise UsageError(
            "--base and --after-ready both say where to start", hint="leave one of them out"
        )
    if request.after_ready is not None and request.after_ready not in before:
        found = require_task(db, request.after_ready)
        if found.state is TaskState.CANCELLED:
            raise StateError(f"task {found.name} is cancelled", hint="start from another task")


def _with_profile(spec: AgentSpec, profiles: Collection[Profile]) -> AgentSpec:
    """Fill in what the profile says and nobody else did. Raises UsageError for an unknown one."""
    if spec.profile is None:
        return spec
    found = profile_of(profiles, spec.profile)
    if found is None:
        raise UsageError(
            f"there is no profile {printable(spec.profile)!r}",
            hint=f"one of {', '.join(each.name for each in profiles)}, or write [profile.NAME]",
        )
    return replace(
        spec,
        model=spec.model or found.model,
        budget_usd=spec.budget_usd or found.budget_usd,
    )


def drop_failed(context: Context, task: Task) -> None:
    """Leave nothing half-made; what cannot be removed rests with the task, which says why."""
    from wtagents.operations.starting.take_back import take_back

    with contextlib.suppress(WtaError, OSError):
        take_back(context, task.id)


def why_waiting(context: Context, task: Task, run: Run | None) -> tuple[str, ...]:
    """Say why a new task has no run yet."""
    if run is not None:
        return ()
    if task.state is TaskState.QUEUED:
        from wtagents.operations.telling.waits import waits
        from wtagents.store.standings import standings

        now = context.clock.now()
        with context.database.read() as db:
            wait = waits(context, db, standings(db)).get(task.id)
        if wait is not None and (wait.bar is not Bar.PLACES or wait.detail):
            return (f"{wait.words(now)}: the task starts by itself",)
        return ("every place is taken: the task starts when an agent ends",)
    return ("another wta process is making its worktree",)


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise UsageError(
            "the prompt is empty", hint='say what to do: wta spawn NAME "fix the login"'
        )
    if len(prompt.encode()) > PROMPT_LIMIT:
        raise UsageError(
            f"the prompt is longer than {size_text(PROMPT_LIMIT)}",
            hint="put it into a file of the repository and name the file in the prompt",
        )


def _starting_point(
    context: Context, request: SpawnRequest, tips: Mapping[BranchName, Oid]
) -> tuple[BranchName, Oid]:
    repository, wanted = context.repository, request.target or context.settings.merge.target
    target = BranchName.parse(wanted) if wanted else default_target(repository, tips)
    tip = tips.get(target) or require_branch(repository, target)
    return target, require_commit(repository, request.base) if request.base else tip


def check_surroundings(context: Context, path: Path, spec: AgentSpec) -> Sandbox:
    """Return what will keep an agent inside; raise what keeps it from starting there."""
    from wtagents.operations.confining.choose import require_sandbox
    from wtagents.operations.starting.agent_program import require_agent_program
    from wtagents.operations.tripwire import lay_tripwire, require_untouched
    from wtagents.operations.trust import require_trusted

    if path.exists():
        raise StateError(f"{path} exists already", hint="move it away, or choose another task name")
    require_trusted(context)
    require_agent_program(context, spec)
    require_room_on_disk(context, path)
    lay_tripwire(context)
    require_untouched(context)
    return require_sandbox(context, spec)


def require_room_on_disk(context: Context, path: Path) -> None:
    """Raise SystemFault when the disk of the worktrees or of the state has less than the floor."""
    floor = context.settings.limits.disk_floor
    for folder in (path, context.paths.root):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        disk = os.statvfs(existing)
        free = disk.f_bavail * disk.f_frsize
        if free < floor:
            raise SystemFault(
                f"only {size_text(free)} is free at {existing}",
                cause=f"limits.disk_floor is {size_text(floor)}",
                hint="free some space (wta cleanup), or lower limits.disk_floor",
            )
