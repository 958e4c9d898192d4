"""past: what the overview showed at a moment, from events and from what run folders keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core import past
from wtagents.core.errors import WtaError
from wtagents.core.events import EventKind
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record, replace
from wtagents.core.task import TaskState
from wtagents.core.tending.trail import Trail
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.describe import describe_as_seen
from wtagents.operations.telling.overview import Overview, cost_of_live_run
from wtagents.operations.telling.rows import TaskRow, clashes_by_task
from wtagents.operations.telling.status import Behind
from wtagents.operations.telling.then import observe_then, unknown_then
from wtagents.operations.telling.trees import facts_until
from wtagents.store.after import all_after
from wtagents.store.events import events_until, last_events
from wtagents.store.facts import facts
from wtagents.store.landed_checks import red_since
from wtagents.store.radar import clashes_until
from wtagents.store.runs import runs_until
from wtagents.store.standings import Standing
from wtagents.system import run_folder
from wtagents.system.config_file import last_written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from wtagents.core.events import Event
    from wtagents.core.run import Exit, Run
    from wtagents.core.tending.run_facts import RunFacts
    from wtagents.operations.context import Context
    from wtagents.operations.telling.status import TaskStatus
    from wtagents.operations.telling.then import Then
    from wtagents.store.database import Database


@record
class _Known:
    """What the store knows of a moment besides the rows of the tasks."""

    rows: tuple[TaskRow, ...]
    ends: Mapping[str, Exit | None]
    """How runs that had begun ended at last."""
    suspected: Mapping[str, Event]


def overview_at(context: Context, at: datetime) -> OperationResult[Overview]:
    """Look at everything as it was. Raises SystemFault when the store cannot be read."""
    db = context.reader
    blank = Overview(items=(), cost_today=0.0, budget_today=None, load=None, limits=(), at=at)
    if db is None:
        return OperationResult(data=blank)
    with db.read():
        then = observe_then(db, at)
        known = _known(db, then)
        blank = replace(
            blank,
            cost_today=_cost_of_ended_runs(then),
            budget_today=_budget(context, at),
            limits=past.limits_then(events_until(db, past.LIMITS, until=at), at),
            pauses=past.pauses_then(last_events(db, past.PAUSES, until=at, of="task_id")),
        )
    items = tuple(_items(context, known, at))
    so_far = sum(cost_of_live_run(each) for each in items)
    return OperationResult(data=replace(blank, items=items, cost_today=blank.cost_today + so_far))


def status_at(
    context: Context, names: tuple[str, ...], at: datetime
) -> OperationResult[tuple[TaskStatus, ...]]:
    """Describe all tasks as they were, or those named. Raises NotFoundError for an unknown name."""
    items = overview_at(context, at).data.items
    known = {str(item.task.name): item for item in items}
    for name in names:
        if name not in known:
            raise unknown_then(name)
    return OperationResult(data=tuple(known[name] for name in names) if names else items)


def _known(db: Database, then: Then) -> _Known:
    at, seen = then.at, facts(db)
    waiting = past.waiting_then(events_until(db, past.MESSAGES, until=at))
    clashes = clashes_by_task(clashes_until(db, at), then.present)
    red, after = red_since(db, until=at), all_after(db)
    suspected = last_events(db, (EventKind.RUN_SUSPECTED,), until=at, of="run_id")
    rows = []
    for task in then.present:
        runs = then.runs.get(task.id, ())
        first = past.behind_then(after.get(task.id, ()), then.tasks)
        is_behind = first is not None and task.state is TaskState.READY
        rows.append(
            TaskRow(
                standing=Standing(
                    task=task,
                    run=runs[-1] if runs else None,
                    used=then.used_by(task.id),
                    merge=then.merge_of(task.id),
                    worktree=seen.get(task.id),
                ),
                messages=waiting.get(task.id, 0),
                wait=None,
                behind=Behind(name=first.name, state=first.state) if first and is_behind else None,
                clashes=clashes.get(task.id, ()),
                red=red.get(task.id, ""),
                suspicion=None,
            )
        )
    return _Known(
        rows=tuple(rows),
        ends={run.id: run.exit for run in runs_until(db, at)},
        suspected={each.run_id: each for each in suspected if each.run_id is not None},
    )


def _items(context: Context, known: _Known, at: datetime) -> Iterator[TaskStatus]:
    worktrees = facts_until(context, [row.standing for row in known.rows], at)
    for row in known.rows:
        run = row.standing.run
        seen = _seen(context, run, known.ends[run.id], at) if run and row.is_live else None
        item = describe_as_seen(context, row, seen, worktrees.get(row.standing.task.id), None, at)
        reasons = item.reasons or tuple(_evidence(known, run, seen))
        yield replace(item, reasons=reasons, is_past=True)


def _seen(context: Context, run: Run, end: Exit | None, at: datetime) -> RunFacts | None:
    """Return what was seen of a run that lived then; None where its pulses were not kept."""
    folder = context.paths.run(run.id)
    if not folder.pulses.exists():
        return None
    return past.run_facts_then(
        run,
        run_folder.load_claim(folder) or run.runner,
        run_folder.pulse_until(folder, at),
        end=end,
        trail=run_folder.load_trail(folder) or Trail(),
        at=at,
    )


def _evidence(known: _Known, run: Run | None, seen: RunFacts | None) -> Iterator[str]:
    """Say what was noted of a run that lived; whether it still held is unknown."""
    if seen is not None or run is None or run.state not in LIVE_RUN_STATES:
        return
    noted = known.suspected.get(run.id)
    if noted is None:
        yield "what its agent did then was not kept"
    else:
        yield f"was called {noted.data.get('liveness')} at {noted.at.astimezone():%H:%M:%S}"
        yield from map(str, noted.data.get("reasons", ()))


def _cost_of_ended_runs(then: Then) -> float:
    """Add up what the runs have cost that had ended on that day."""
    midnight = then.at.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    ended = (run for runs in then.runs.values() for run in runs if run.exit is not None)
    return sum(
        run.exit.usage.cost_usd
        for run in ended
        if run.exit is not None and (run.ended_at or run.exit.at) >= midnight
    )


def _budget(context: Context, at: datetime) -> float | None:
    """Return the budget of that day; None where the settings were written since."""
    try:
        if last_written(context.main_worktree) > at.timestamp():
            return None
        return context.settings.budget.day_usd
    except (WtaError, OSError):
        return None
