"""past: what the overview would have shown at a moment, rebuilt from the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core import past
from wtagents.core.events import EventKind
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record, replace
from wtagents.core.run import Usage
from wtagents.core.tending.attention import attention
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.overview import Overview
from wtagents.operations.telling.status import TaskStatus
from wtagents.store.events import events_until, last_events
from wtagents.store.merges import merge_requests
from wtagents.store.runs import runs_until
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wtagents.core.events import Event
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


@record
class _Then:
    """What the store knows of a moment."""

    at: datetime
    tasks: tuple[Task, ...]
    runs: Mapping[int, Run]
    """The last one of each task."""
    usage: Mapping[int, Usage]
    """Of the runs of a task that had ended."""
    merges: Mapping[int, MergeRequest]
    suspected: Mapping[str, Event]


def overview_at(context: Context, at: datetime) -> OperationResult[Overview]:
    """Look at everything as it was. Raises SystemFault when the store cannot be read."""
    db = context.reader
    blank = Overview(items=(), cost_today=0.0, budget_today=None, load=None, limits=(), at=at)
    if db is None:
        return OperationResult(data=blank)
    with db.read():
        then = _read(db, at)
        found = replace(
            blank,
            items=tuple(_describe(then, task) for task in then.tasks),
            cost_today=_spent_on_the_day(db, at),
            limits=past.limits_then(events_until(db, past.LIMITS, until=at), at),
            pauses=past.pauses_then(last_events(db, past.PAUSES, until=at, of="task_id")),
        )
    return OperationResult(data=found)


def _read(db: Database, at: datetime) -> _Then:
    moved = {
        each.task_id: each for each in last_events(db, past.TASK_STATES, until=at, of="task_id")
    }
    names = last_events(db, past.TASK_NAMES, until=at, of="task_id")
    away = {each.task_id for each in names if each.kind is EventKind.TASK_REMOVED}
    runs, usage = _runs(db, at)
    suspected = last_events(db, (EventKind.RUN_SUSPECTED,), until=at, of="run_id")
    return _Then(
        at=at,
        tasks=tuple(
            past.task_then(task, moved[task.id])
            for task in tasks(db, removed=True)
            if task.id in moved and task.id not in away
        ),
        runs=runs,
        usage=usage,
        merges=_merges(db, at),
        suspected={each.run_id: each for each in suspected if each.run_id is not None},
    )


def _runs(db: Database, at: datetime) -> tuple[dict[int, Run], dict[int, Usage]]:
    moved = {each.run_id: each for each in last_events(db, past.RUN_STATES, until=at, of="run_id")}
    latest: dict[int, Run] = {}
    usage: dict[int, Usage] = {}
    for run in runs_until(db, at):
        if run.id not in moved:
            continue
        then = past.run_then(run, moved[run.id])
        latest[run.task_id] = then
        if then.exit is not None:
            usage[run.task_id] = usage.get(run.task_id, Usage()).plus(then.exit.usage)
    return latest, usage


def _merges(db: Database, at: datetime) -> dict[int, MergeRequest]:
    events = last_events(db, past.MERGE_STATES, until=at, of="merge_id")
    moved = {each.merge_id: each for each in events}
    requests = sorted(merge_requests(db), key=lambda each: each.id)
    return {
        request.task_id: past.merge_then(request, moved[request.id])
        for request in requests
        if request.id in moved
    }


def _spent_on_the_day(db: Database, at: datetime) -> float:
    """Add up the runs that had ended on that day; what others had cost by then is unknown."""
    midnight = at.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    ended = (run.exit for run in runs_until(db, at) if run.exit is not None)
    return sum(end.usage.cost_usd for end in ended if midnight <= end.at <= at)


def _describe(then: _Then, task: Task) -> TaskStatus:
    run, merge = then.runs.get(task.id), then.merges.get(task.id)
    end = run.exit.reason if run is not None and run.exit is not None else None
    return TaskStatus(
        task=task,
        run=run,
        liveness=None,
        reasons=_evidence(then, run),
        confidence=None,
        activity_age=None,
        pulse=None,
        usage=then.usage.get(task.id, Usage()),
        worktree=None,
        attention=attention(task, None, None, merge, end=end),
        merge=merge,
        waiting_messages=0,
        is_past=True,
    )


def _evidence(then: _Then, run: Run | None) -> tuple[str, ...]:
    """Return what was noted of a run that lived; whether it still held is unknown."""
    if run is None or run.state not in LIVE_RUN_STATES or run.id not in then.suspected:
        return ()
    data = then.suspected[run.id].data
    called = (
        f"was called {data.get('liveness')} at {then.suspected[run.id].at.astimezone():%H:%M:%S}"
    )
    return (called, *map(str, data.get("reasons", ())))
