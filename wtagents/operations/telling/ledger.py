"""ledger: what became of each task, and what it took: money, time, tests, conflicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.lifecycle import ENDED_TASK_STATES, RESTING_TASK_STATES
from wtagents.core.record import record
from wtagents.core.task import Reason, TaskState
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import Oid, TaskName
    from wtagents.core.landing.merge import MergeRequest, Rejection
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

    _Row = tuple[Task, Sequence[Run], MergeRequest | None]
    """A task, its runs, and its last wish to land."""


@record
class LedgerLine:
    """The outcome of one task, a removed one included."""

    name: TaskName
    state: TaskState
    reason: Reason | None
    usd: float
    """What its ended runs have cost."""
    runs: int
    wall_seconds: float
    """From the wish until it came to rest, or until now."""
    waited_seconds: float
    """Those in which no agent was at work: in the queue, for a person, for a landing."""
    tests_passed: int
    """Gates of the last landing that was tried; before there is one, checks of the last run."""
    tests_failed: int
    conflicts: int
    """Files that the last landing had to resolve."""
    rungs: tuple[str, ...]
    """What solved them."""
    landed: Oid | None
    """The commit that brought it to the target."""
    refused: Rejection | None
    """Why its last landing did not."""


def ledger(
    context: Context, names: tuple[str, ...] = (), *, at: datetime | None = None
) -> OperationResult[tuple[LedgerLine, ...]]:
    """Return the outcome of some tasks, or of all there ever were, the latest wish first.

    With `at` as it stood at a moment. Raises NotFoundError for an unknown name.
    """
    from wtagents.store.events import last_events

    db, now = context.records, at or context.clock.now()
    with db.read():
        rows = _rows(db, names) if at is None else _rows_then(db, names, at)
        moves = last_events(db, (EventKind.TASK_MOVED,), until=now, of="task_id")
    moved_at = {event.task_id: event.at for event in moves}
    lines = [
        _line(task, runs, landing, until=moved_at.get(task.id, now) if _rests(task) else now)
        for task, runs, landing in sorted(rows, key=lambda row: row[0].id, reverse=True)
    ]
    return OperationResult(data=tuple(lines))


def _rows(db: Database, names: tuple[str, ...]) -> list[_Row]:
    from wtagents.store.merges import latest_merge_request
    from wtagents.store.runs import runs_of
    from wtagents.store.tasks import require_task, tasks

    chosen = [require_task(db, name) for name in names] or tasks(db, removed=True)
    return [(each, runs_of(db, each.id), latest_merge_request(db, each.id)) for each in chosen]


def _rows_then(db: Database, names: tuple[str, ...], at: datetime) -> list[_Row]:
    from wtagents.operations.telling.then import observe_then

    then = observe_then(db, at)
    chosen = then.named(names) or tuple(then.tasks.values())
    return [(each, then.runs.get(each.id, ()), then.merge_of(each.id)) for each in chosen]


def _rests(task: Task) -> bool:
    return task.state in ENDED_TASK_STATES | RESTING_TASK_STATES


def _line(
    task: Task, runs: Sequence[Run], landing: MergeRequest | None, *, until: datetime
) -> LedgerLine:
    wall = max(until - task.created_at, timedelta())
    at_work = sum(((run.ended_at or until) - run.created_at for run in runs), timedelta())
    exits = [run.exit for run in runs if run.exit is not None]
    tests = [gate.passed for gate in landing.gates] if landing is not None else []
    if landing is None and exits:
        tests = [check.passed for check in exits[-1].checks]
    resolutions = landing.resolutions if landing is not None else ()
    return LedgerLine(
        name=task.name,
        state=task.state,
        reason=task.reason,
        usd=round(sum(end.usage.cost_usd for end in exits), 6),
        runs=len(runs),
        wall_seconds=wall.total_seconds(),
        waited_seconds=max(wall - at_work, timedelta()).total_seconds(),
        tests_passed=sum(tests),
        tests_failed=len(tests) - sum(tests),
        conflicts=len(resolutions),
        rungs=tuple(sorted({each.solver for each in resolutions})),
        landed=landing.candidate if landing and task.state is TaskState.MERGED else None,
        refused=landing.rejection if landing is not None else None,
    )


def outcome_text(line: LedgerLine) -> str:
    """Say how it ended, with the commit that landed or the reason why none did."""
    if line.landed is not None:
        return f"landed at {line.landed[:10]}"
    reason = line.reason or line.refused
    return f"{line.state}, {reason.replace('_', ' ')}" if reason else str(line.state)


def tests_text(line: LedgerLine) -> str:
    """Say how many passed; '' where none ran."""
    counts = ((line.tests_passed, "passed"), (line.tests_failed, "failed"))
    return ", ".join(f"{number} {word}" for number, word in counts if number)


def conflicts_text(line: LedgerLine) -> str:
    """Say how many files were in conflict, and what solved them; '' for none."""
    return f"{line.conflicts} ({', '.join(line.rungs)})" if line.conflicts else ""
