"""merge: ask for tasks to land, and land them here and now, in the order of the queue.

A task must be `ready`. One that failed or was stopped lands too when a person names it, provided
that its branch has commits and that nothing is known to be missing: who names it has read why it
failed. A task without commits or with uncommitted files never does.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.landing.merge import HELD, MergeState
from wtagents.core.lifecycle import LIVE_MERGE_STATES
from wtagents.core.record import record
from wtagents.core.task import Reason, Task, TaskState
from wtagents.operations.landing.land import land_queue
from wtagents.operations.landing.outcome import MergeOutcome, outcomes_of, silent
from wtagents.operations.landing.push import push_landed, require_remote
from wtagents.operations.result import OperationResult
from wtagents.operations.trust import require_trusted
from wtagents.operations.withdraw import take_back_request
from wtagents.store.merges import (
    add_merge_request,
    latest_merge_request,
    live_merge_request,
    live_merge_requests,
    merge_request_by_id,
)
from wtagents.store.tasks import move_task, require_task, require_task_by_id
from wtagents.store.tasks import tasks as stored_tasks
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell
    from wtagents.store.database import Database

OVERRULED = frozenset(
    {
        Reason.AGENT_ERROR,
        Reason.API_ERROR,
        Reason.AUTHENTICATION,
        Reason.RATE_LIMITED,
        Reason.MODEL_UNKNOWN,
        Reason.BAD_SETTINGS,
        Reason.PROMPT_TOO_LONG,
        Reason.TIMED_OUT,
        Reason.BUDGET,
        Reason.MAX_TURNS,
        Reason.LOST,
        Reason.STUCK,
        Reason.STOPPED_BY_PERSON,
        Reason.UNDONE,
    }
)
"""Reasons to rest that say nothing against the commits: a person may land them by name."""
_LOOK_SECONDS = 0.2
_NOBODY = "no task is ready"


@record
class MergeRequestOptions:
    """What `wta merge` was asked for."""

    names: tuple[str, ...] = ()
    ready: bool = False
    """Every task that is ready."""
    squash: bool = False
    no_gate: bool = False
    push: bool = False
    """Push the target with what has landed; `merge.push` does the same each time."""
    approve: bool = False
    """A person has looked at what is held, and says that it may land."""


def merge(
    context: Context, options: MergeRequestOptions, *, tell: Tell = silent
) -> OperationResult[tuple[MergeOutcome, ...]]:
    """Land the tasks in batches; 1 when one of them did not land.

    When another process is landing, it lands these too, and this one waits for it.

    Raises UsageError, NotFoundError, StateError or ConfigError before anything was asked for.
    """
    asked = _asked(context, options)
    if not asked:
        return OperationResult(data=(), messages=(_NOBODY,))
    try:
        others = _land_all(context, asked, tell).difference(asked)
    except KeyboardInterrupt:
        _withdraw(context, asked)
        raise
    push_landed(context, outcomes_of(context, sorted(others)), wanted=False, tell=tell)
    outcomes = outcomes_of(context, asked)
    outcomes = push_landed(context, outcomes, wanted=options.push, tell=tell)
    done = all(
        each.landed and not each.undone and (each.push is None or each.push.pushed)
        for each in outcomes
    )
    return OperationResult(data=outcomes, exit_code=ExitCode.OK if done else ExitCode.UNFULFILLED)


def ask_to_land(
    context: Context, options: MergeRequestOptions
) -> OperationResult[tuple[Task, ...]]:
    """Only ask, all or none; the supervisor lands them. Return the tasks as they are then.

    Raises UsageError, NotFoundError, StateError or ConfigError before anything was asked for.
    """
    asked = _asked(context, options)
    with context.database.read() as db:
        requests = [merge_request_by_id(db, each) for each in asked]
        found = tuple(require_task_by_id(db, each.task_id) for each in requests if each)
    return OperationResult(data=found, messages=() if asked else (_NOBODY,))


def chosen_tasks(db: Database, options: MergeRequestOptions) -> list[Task]:
    """Return the tasks that are meant, oldest first. Raises UsageError, NotFoundError."""
    if options.ready == bool(options.names):
        raise UsageError(
            "name tasks, or say --ready", hint="wta merge NAME…, or: wta merge --ready"
        )
    if options.ready and options.approve:
        raise UsageError(
            "an approval names its tasks", hint="look at each: wta diff NAME --landing"
        )
    if options.ready:
        landing = (TaskState.READY, TaskState.MERGING)
        return [task for task in stored_tasks(db) if task.state in landing]
    named = {task.id: task for task in (require_task(db, name) for name in options.names)}
    return sorted(named.values(), key=lambda task: task.id)


def require_landable(context: Context, task: Task) -> None:
    """Raise StateError for a task that must not land as it is."""
    if task.state in (TaskState.READY, TaskState.MERGING):
        return
    if task.state in (TaskState.MERGED, TaskState.CANCELLED):
        raise StateError(f"task {task.name} is {task.state}", hint=f"wta status {task.name}")
    if task.state not in (TaskState.FAILED, TaskState.STOPPED):
        raise StateError(
            f"task {task.name} is {task.state}: its agent is not done",
            hint=f"wta wait {task.name} --for ready, or: wta stop {task.name}",
        )
    if task.reason not in OVERRULED or not _has_commits(context, task):
        why = str(task.reason).replace("_", " ") if task.reason else "no commits"
        raise StateError(
            f"task {task.name} is {task.state}: {why}",
            cause=task.detail,
            hint=f'wta retry {task.name}, or: wta send {task.name} "commit your work"',
        )


def _has_commits(context: Context, task: Task) -> bool:
    from wtagents.git.refs import ref_value

    tip = ref_value(context.repository, task.branch.ref)
    if tip is None:
        return False
    return bool(context.repository.read("rev-list", "-1", tip, f"^{task.base}").stdout)


def _asked(context: Context, options: MergeRequestOptions) -> list[int]:
    from wtagents.operations.starting.git_program import require_git_program

    require_git_program(context)
    require_trusted(context)
    return _ask(context, options)


def _ask(context: Context, options: MergeRequestOptions) -> list[int]:
    """Add the requests, all or none; return their ids, oldest task first."""
    with context.database.read() as db:
        chosen = chosen_tasks(db, options)
    for task in chosen:
        require_landable(context, task)
    require_remote(context, (task.target for task in chosen), wanted=options.push)
    with context.database.write() as db:
        return [_ask_for(context, db, task.id, options) for task in chosen]


def _ask_for(context: Context, db: Database, task_id: int, options: MergeRequestOptions) -> int:
    now = context.clock.now()
    task, live = require_task_by_id(db, task_id), live_merge_request(db, task_id)
    approves = _approved(context, db, task) if options.approve else _still_approved(db, task)
    squash = options.squash or context.settings.merge.squashes
    if live is not None:
        if options.names and (live.squash, live.skip_gate) != (squash, options.no_gate):
            raise StateError(
                f"task {task.name} is waiting to land already, with other options",
                hint=f"wait for it: wta wait {task.name} --for merged",
            )
        return live.id
    if task.state is not TaskState.READY:
        rested = (TaskState.FAILED, TaskState.STOPPED)
        moved = move_task(db, task.id, TaskState.READY, at=now, expected=rested)
        if moved is None:
            raise StateError(f"task {task.name} is {task.state} by now", hint="wta status")
    return add_merge_request(
        db,
        task_id=task.id,
        target=task.target,
        squash=squash,
        skip_gate=options.no_gate,
        at=now,
        approves=approves,
    ).id


def _approved(context: Context, db: Database, task: Task) -> int | None:
    """Return the held request that a person says yes to. Raises StateError."""
    from wtagents.git.refs import ref_value

    latest = latest_merge_request(db, task.id)
    if latest is not None and latest.rejection in HELD and latest.state is MergeState.REJECTED:
        if ref_value(context.repository, task.branch.ref) != latest.source:
            raise StateError(
                f"{task.branch} moved since {task.name} was held",
                hint=f"see what is held now: wta merge {task.name}",
            )
        return latest.id
    if latest is None or latest.approves is None:
        raise StateError(
            f"nothing of task {task.name} is held", hint=f"land it: wta merge {task.name}"
        )
    return latest.approves


def _still_approved(db: Database, task: Task) -> int | None:
    """An approval stands for as long as the branch stays and nothing else is held."""
    latest = latest_merge_request(db, task.id)
    return latest.approves if latest is not None else None


def _land_all(context: Context, asked: Collection[int], tell: Tell) -> set[int]:
    """Land them, or wait until somebody else has; return what came to an end here."""
    never, said, seen = Event(), "", set[int]()
    while _live(context, asked):
        with try_lock(context.paths.merger_lock) as held:
            if held:
                before = _superseded(context, asked)
                seen.update(land_queue(context, only=asked, tell=tell))
                if _superseded(context, asked) == before:
                    return seen
                continue
        now = _what_lands(context)
        if now != said:
            tell(now)
            said = now
        context.clock.wait(never, _LOOK_SECONDS)
    return seen


def _superseded(context: Context, asked: Collection[int]) -> dict[int, int]:
    """Return how often each request that still waits gave way to somebody else."""
    with context.database.read() as db:
        return {each.id: each.superseded for each in live_merge_requests(db) if each.id in asked}


def _live(context: Context, asked: Collection[int]) -> bool:
    with context.database.read() as db:
        return any(request.id in asked for request in live_merge_requests(db))


def _what_lands(context: Context) -> str:
    """Say what the process that holds the merger lock is at."""
    with context.database.read() as db:
        busy = [each for each in live_merge_requests(db) if each.state is not MergeState.WAITING]
        if not busy:
            return "another wta process is about to land"
        task = require_task_by_id(db, busy[0].task_id)
    return f"another wta process is landing {task.name}: {busy[0].state}"


def _withdraw(context: Context, asked: Collection[int]) -> None:
    """Take back what has not landed: who interrupts the command does not want it later."""
    now = context.clock.now()
    with context.database.write() as db:
        for request_id in asked:
            request = merge_request_by_id(db, request_id)
            if request is not None and request.state in LIVE_MERGE_STATES:
                take_back_request(db, request, at=now, why="interrupted")
