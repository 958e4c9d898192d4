"""status: what every task is, who needs a person, and the evidence.

The list costs a read of the store and a few small files per live run; git is asked only about
worktrees whose index or reflog changed since the last look, and always for a task that is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.config.limits import BudgetSettings
from wtagents.core.errors import NotFoundError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.run import Usage
from wtagents.core.task import TaskState
from wtagents.core.tending.attention import attention
from wtagents.core.tending.liveness import Confidence, Liveness, Verdict, judge
from wtagents.operations.observe_run import observe_run
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wtagents.core.ids import TaskName
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.message import Message
    from wtagents.core.run import ExitReason, Pulse, Run
    from wtagents.core.task import Task
    from wtagents.core.tending.admission import Wait
    from wtagents.core.tending.run_facts import RunFacts
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.operations.radar.named import RadarClash
    from wtagents.operations.starting.resources import Resources
    from wtagents.store.database import Database


@record
class StatusRequest:
    """What `wta status` was asked for."""

    names: tuple[str, ...] = ()
    """Empty for all tasks."""
    fresh: bool = False
    """Ask git about every worktree."""
    remembered: bool = False
    """Ask git about none: worktrees are as they were seen last."""


@record
class Behind:
    """A task that another one lands after."""

    name: TaskName
    state: TaskState

    @property
    def rests(self) -> bool:
        """Whether only a person takes it further."""
        return self.state in (TaskState.FAILED, TaskState.STOPPED)


@record
class TaskStatus:
    """One task as a person sees it."""

    task: Task
    run: Run | None
    liveness: Liveness | None
    """None when no run is live."""
    reasons: tuple[str, ...]
    """The evidence for `liveness`."""
    confidence: Confidence | None
    """How much stands behind `liveness`."""
    activity_age: float | None
    """Seconds since the agent last wrote anything."""
    pulse: Pulse | None
    usage: Usage
    """Of all runs of the task together; context and model of the latest."""
    worktree: WorktreeFacts | None
    attention: str
    merge: MergeRequest | None
    waiting_messages: int
    wait: Wait | None = None
    """What a queued task waits for."""
    behind: Behind | None = None
    """What a ready task lands after, as long as that has not ended."""
    clashes: tuple[RadarClash, ...] = ()
    """What the radar saw last; `task` may be the other one of a pair."""
    sandbox: SandboxMode | None = None
    """What keeps the agent of the latest run inside; in a list only `none`, where none works."""
    resources: Resources | None = None
    """What the task has for itself; asked only about tasks that are named."""
    is_past: bool = False
    """Rebuilt from events: what nobody kept is unknown."""


def status(context: Context, request: StatusRequest) -> OperationResult[tuple[TaskStatus, ...]]:
    """Describe all tasks, or those named. Raises NotFoundError for an unknown name."""
    db = context.reader
    if db is None:
        for name in request.names:
            raise NotFoundError(f"no task {name!r}", hint="there is none yet: wta spawn")
        return OperationResult(data=())
    rows = _read(context, db, request.names)
    in_list = None if request.names else _sandbox_of_all(context, rows)
    found = tuple(_describe(context, row, request, in_list) for row in rows)
    return OperationResult(data=found, messages=_held(context, found))


def _held(context: Context, found: tuple[TaskStatus, ...]) -> tuple[str, ...]:
    waiting = {item.task.id: item.wait for item in found if item.wait is not None}
    if not waiting and context.settings.budget == BudgetSettings():
        return ()
    from wtagents.operations.surroundings import budget_words
    from wtagents.operations.telling.waits import held_words

    with context.records.read() as db:
        nearly = budget_words(context, db)
    return (*held_words(waiting, context.clock.now()), *nearly)


@record
class _Row:
    task: Task
    run: Run | None
    usage_before: Usage
    facts: WorktreeFacts | None
    merge: MergeRequest | None
    waiting: tuple[Message, ...]
    wait: Wait | None
    behind: Behind | None
    clashes: tuple[RadarClash, ...]
    red: str


def _read(context: Context, db: Database, names: tuple[str, ...]) -> list[_Row]:
    from wtagents.store.facts import facts
    from wtagents.store.merges import latest_merge_requests
    from wtagents.store.messages import undelivered
    from wtagents.store.runs import latest_runs, usage_of_ended_runs
    from wtagents.store.tasks import require_task, tasks

    with db.read():
        chosen = [require_task(db, name) for name in names] if names else tasks(db)
        runs, merges, known = latest_runs(db), latest_merge_requests(db), facts(db)
        usage: Mapping[int, Usage] = usage_of_ended_runs(db)
        waiting = undelivered(db)
        clashes = _clashes(db)
        red = _red(context, db)
        waiting_for, behind = _waits(context, db, chosen), _behind(db, chosen)
    return [
        _Row(
            task=task,
            run=runs.get(task.id),
            usage_before=usage.get(task.id, Usage()),
            facts=known.get(task.id),
            merge=merges.get(task.id),
            waiting=tuple(m for m in waiting if m.task_id == task.id),
            wait=waiting_for.get(task.id),
            behind=behind.get(task.id),
            clashes=clashes.get(task.id, ()),
            red=red.get(task.id, ""),
        )
        for task in chosen
    ]


def _red(context: Context, db: Database) -> Mapping[int, str]:
    """Return whose landing left the target red.

    Without such gates nobody has looked, and the search for the last look is a long one.
    """
    if not context.settings.merge.post_gate:
        return {}
    from wtagents.store.landed_checks import red_since

    return red_since(db)


def _waits(context: Context, db: Database, chosen: Sequence[Task]) -> Mapping[int, Wait]:
    """Return what tasks wait for; asked only when one of them does."""
    if not any(task.state is TaskState.QUEUED for task in chosen):
        return {}
    from wtagents.operations.telling.waits import waits

    return waits(context, db)


def _behind(db: Database, chosen: Sequence[Task]) -> Mapping[int, Behind]:
    """Return what ready tasks land after; asked only when there is one."""
    if not any(task.state is TaskState.READY for task in chosen):
        return {}
    from wtagents.store.after import unlanded

    first = unlanded(db)
    return {
        task.id: Behind(name=first[task.id].name, state=first[task.id].state)
        for task in chosen
        if task.state is TaskState.READY and task.id in first
    }


def _clashes(db: Database) -> dict[int, tuple[RadarClash, ...]]:
    """Return the clashes of each live task, as the radar saw them last."""
    from wtagents.store.radar import seen_clashes

    seen = seen_clashes(db)
    if not seen:
        return {}
    from wtagents.core.watching.radar import TARGET, is_watched
    from wtagents.operations.radar.named import named_clash
    from wtagents.store.tasks import tasks

    known = {task.id: task for task in tasks(db) if is_watched(task)}
    found: dict[int, tuple[RadarClash, ...]] = {}
    for each in seen:
        if all(side in known or side == TARGET for side in each.clash.pair):
            for side in each.clash.pair:
                found[side] = (*found.get(side, ()), named_clash(each, known))
    return found


def _describe(
    context: Context, row: _Row, request: StatusRequest, in_list: SandboxMode | None
) -> TaskStatus:
    seen = _look(context, row.run)
    pulse = seen.pulse if seen else None
    verdict = _judge(context, seen) if seen and seen.exit is None else None
    asked = bool(request.names) or request.fresh
    return TaskStatus(
        task=row.task,
        run=row.run,
        liveness=verdict.liveness if verdict else None,
        reasons=verdict.reasons if verdict else (),
        confidence=verdict.confidence if verdict else None,
        activity_age=verdict.age if verdict else None,
        pulse=pulse if verdict else None,
        usage=row.usage_before.plus(pulse.usage if pulse else Usage()),
        worktree=row.facts if request.remembered else _worktree(context, row, ask=asked),
        attention=attention(
            row.task,
            verdict,
            pulse if verdict else None,
            row.merge,
            end=_end_of(row.run),
            red=row.red,
            wait=_in_words(context, row.wait),
        ),
        merge=row.merge,
        waiting_messages=len(row.waiting),
        wait=row.wait,
        behind=row.behind,
        clashes=row.clashes,
        sandbox=_sandbox(context, row.run) if request.names else _if_live(row.run, in_list),
        resources=_resources(context, row.task) if request.names else None,
    )


def _sandbox_of_all(context: Context, rows: Sequence[_Row]) -> SandboxMode | None:
    """Return `none` when live agents have no sandbox because none works here."""
    if not any(_is_live(row.run) for row in rows):
        return None
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.operations.confining.choose import is_open

    return SandboxMode.NONE if is_open(context) else None


def _if_live(run: Run | None, mode: SandboxMode | None) -> SandboxMode | None:
    return mode if _is_live(run) else None


def _is_live(run: Run | None) -> bool:
    return run is not None and run.state in LIVE_RUN_STATES


def _sandbox(context: Context, run: Run | None) -> SandboxMode | None:
    """Return what the latest run was started in."""
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.system.run_folder import load_order

    order = None if run is None else load_order(context.paths.run(run.id))
    if order is None:
        return None
    return SandboxMode.NONE if order.confinement is None else order.confinement.mode


def _resources(context: Context, task: Task) -> Resources | None:
    from wtagents.operations.starting.resources import observe_resources

    return observe_resources(context, task)


def _in_words(context: Context, wait: Wait | None) -> str:
    """Say what a task waits for, when nothing but a person will end it."""
    return wait.words(context.clock.now()) if wait is not None and wait.final else ""


def _end_of(run: Run | None) -> ExitReason | None:
    return run.exit.reason if run is not None and run.exit is not None else None


def _look(context: Context, run: Run | None) -> RunFacts | None:
    if run is None or run.state not in LIVE_RUN_STATES:
        return None
    return observe_run(context, run.id)


def _judge(context: Context, seen: RunFacts) -> Verdict:
    return judge(seen, context.settings.limits.thresholds, context.clock.now())


def _worktree(context: Context, row: _Row, *, ask: bool) -> WorktreeFacts | None:
    from wtagents.git.signature import signature

    task, known = row.task, row.facts
    if not ask and known is not None and known.signature == signature(task.worktree):
        return known
    from wtagents.git.worktrees import worktree_facts

    found = worktree_facts(context.repository, task.worktree, task.base, at=context.clock.now())
    if found is not None:
        _remember(context, task.id, found)
    return found


def _remember(context: Context, task_id: int, found: WorktreeFacts) -> None:
    """Keep the answer for the next list; a store that cannot be written to changes nothing."""
    from wtagents.core.errors import SystemFault
    from wtagents.store.facts import record_facts

    try:
        with context.database.write() as db:
            record_facts(db, task_id, found)
    except SystemFault:
        return
