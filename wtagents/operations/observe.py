"""Read the world: rows, run folders, processes and, only where the plan needs it, git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, RunState
from wtagents.core.task import TaskState
from wtagents.core.tending.budget import NOTHING
from wtagents.core.tending.check import failed_check, mended
from wtagents.core.tending.failure import Fault, Streak, fault_of, reason_of, streak_of
from wtagents.core.tending.snapshot import Snapshot, Surroundings, TaskView
from wtagents.operations.observe_run import observe_run
from wtagents.operations.surroundings import account_for, model_for, observe_surroundings, spent_for
from wtagents.store.after import blocked_tasks
from wtagents.store.merges import latest_merge_requests
from wtagents.store.messages import undelivered
from wtagents.store.runs import count_of_live_runs, latest_runs, runs_of
from wtagents.store.suspicions import suspicions
from wtagents.store.tasks import tasks as stored_tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


_STARTING = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)
_NO_STREAK = Streak()


def observe(context: Context, *, task_ids: Collection[int] | None = None) -> Snapshot:
    """Look at all tasks, or at those named; the count of live runs is always of the repository."""
    with context.database.read() as db:
        tasks = stored_tasks(db, ids=task_ids)
        runs = latest_runs(db, task_ids)
        live = count_of_live_runs(db)
        blocked = blocked_tasks(db)
        around = observe_surroundings(context, db, tasks)
        known = _views(context, db, tasks, runs, around)
    views = tuple(_look(context, view) for view in known)
    return Snapshot(
        views=views,
        live_runs=live,
        at=context.clock.now(),
        is_whole=task_ids is None,
        awake=context.clock.monotonic(),
        around=around,
        blocked=blocked,
    )


def _views(
    context: Context,
    db: Database,
    tasks: Sequence[Task],
    runs: Mapping[int, Run],
    around: Surroundings,
) -> list[TaskView]:
    """Return what the store knows of the tasks."""
    waiting = undelivered(db)
    merges = latest_merge_requests(db)
    streaks = _streaks(db, tasks, runs)
    rounds = _rounds(db, tasks, runs)
    suspected = suspicions(db)
    return [
        TaskView(
            task=task,
            run=(run := runs.get(task.id)),
            run_facts=None,
            worktree=None,
            messages=tuple(m for m in waiting if m.task_id == task.id),
            merge=merges.get(task.id),
            streak=streaks.get(task.id, _NO_STREAK),
            mended=rounds.get(task.id, 0),
            paused=around.pauses.stops(task.id),
            halted=around.pauses.halts(task.id),
            frozen=around.pauses.frozen,
            suspicion=suspected.get(run.id) if run is not None else None,
            spent=spent_for(context, db, task) if task.state in _STARTING else NOTHING,
            account=account_for(task),
            model=model_for(context, task, run, around.breakers),
        )
        for task in tasks
    ]


def _look(context: Context, view: TaskView) -> TaskView:
    """Add what run folders, processes and worktrees say."""
    run, facts = view.run, None
    if run is not None and (run.state in LIVE_RUN_STATES or view.messages):
        facts = observe_run(context, run.id)
    worktree = _worktree_of_ended_run(context, view.task, run)
    return replace(view, run_facts=facts, worktree=worktree)


def _streaks(db: Database, tasks: Iterable[Task], runs: Mapping[int, Run]) -> Mapping[int, Streak]:
    """Look back where a run was just ended by its surroundings."""
    ends = {
        task.id: reason
        for task in tasks
        if task.state is TaskState.ACTIVE
        and (run := runs.get(task.id))
        and (reason := reason_of(run))
    }
    return {
        task_id: streak_of(runs_of(db, task_id))
        for task_id, reason in ends.items()
        if fault_of(reason) is Fault.SURROUNDINGS
    }


def _rounds(db: Database, tasks: Iterable[Task], runs: Mapping[int, Run]) -> Mapping[int, int]:
    """Count the rounds of mending where a check has just failed."""
    return {
        task.id: mended(runs_of(db, task.id))
        for task in tasks
        if task.state is TaskState.ACTIVE
        and (run := runs.get(task.id))
        and run.exit
        and failed_check(run.exit.checks)
    }


def _worktree_of_ended_run(context: Context, task: Task, run: Run | None) -> WorktreeFacts | None:
    ended_well = (
        run is not None
        and run.state is RunState.EXITED
        and run.exit is not None
        and run.exit.reason is ExitReason.COMPLETED
    )
    if task.state is not TaskState.ACTIVE or not ended_well:
        return None
    return context.world.worktree_facts(task, context.clock.now())
