"""then: what the store knows of a moment that has passed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wtagents.core import past
from wtagents.core.errors import NotFoundError
from wtagents.core.events import EventKind
from wtagents.core.record import record
from wtagents.core.run import Usage
from wtagents.store.events import events_until, last_events
from wtagents.store.merges import merge_requests
from wtagents.store.runs import runs_until
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wtagents.core.events import Event
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.store.database import Database


@record
class Then:
    """All rows as they were at a moment."""

    at: datetime
    tasks: Mapping[int, Task]
    """Every one that had been wished for, oldest first."""
    away: frozenset[int]
    """Those whose names were free again."""
    runs: Mapping[int, Sequence[Run]]
    """Of each task that had any, first to last."""
    merges: Mapping[int, MergeRequest]
    """Every request, oldest first."""

    @property
    def present(self) -> tuple[Task, ...]:
        """The tasks that had their names."""
        return tuple(task for task in self.tasks.values() if task.id not in self.away)

    def named(self, names: Sequence[str]) -> tuple[Task, ...]:
        """Return the tasks that had these names. Raises NotFoundError."""
        known = {str(task.name): task for task in self.present}
        for name in names:
            if name not in known:
                raise unknown_then(name)
        return tuple(known[name] for name in names)

    def merge_of(self, task_id: int) -> MergeRequest | None:
        """Return the last request of a task."""
        found = [each for each in self.merges.values() if each.task_id == task_id]
        return found[-1] if found else None

    def used_by(self, task_id: int) -> Usage:
        """Return what the runs of a task had used that had ended."""
        used = Usage()
        for run in self.runs.get(task_id, ()):
            used = used.plus(run.exit.usage) if run.exit is not None else used
        return used


def unknown_then(name: str) -> NotFoundError:
    """Return the error for a task that nobody had wished for, or that was gone."""
    return NotFoundError(f"there was no task {name!r} then", hint="leave out --at: wta status")


def require_task_then(db: Database, name: str, at: datetime) -> Task:
    """Return the task that had a name at a moment, as it was. Raises NotFoundError."""
    (task,) = observe_then(db, at).named((name,))
    return task


def observe_then(db: Database, at: datetime) -> Then:
    """Read how everything stood at a moment; `db` is inside an open read block."""
    moved = {
        each.task_id: each for each in last_events(db, past.TASK_STATES, until=at, of="task_id")
    }
    wished: defaultdict[int | None, list[Event]] = defaultdict(list)
    for each in events_until(db, past.WISHES, until=at):
        wished[each.task_id].append(each)
    names = last_events(db, past.TASK_NAMES, until=at, of="task_id")
    return Then(
        at=at,
        tasks={
            task.id: past.task_then(task, moved[task.id], wished[task.id])
            for task in tasks(db, removed=True)
            if task.id in moved
        },
        away=frozenset(
            each.task_id
            for each in names
            if each.kind is EventKind.TASK_REMOVED and each.task_id is not None
        ),
        runs=_runs(db, at),
        merges=_merges(db, at),
    )


def _runs(db: Database, at: datetime) -> dict[int, Sequence[Run]]:
    moved = {each.run_id: each for each in last_events(db, past.RUN_STATES, until=at, of="run_id")}
    found: defaultdict[int, list[Run]] = defaultdict(list)
    for run in runs_until(db, at):
        if run.id in moved:
            found[run.task_id].append(past.run_then(run, moved[run.id]))
    return dict(found)


def _merges(db: Database, at: datetime) -> dict[int, MergeRequest]:
    events = last_events(db, past.MERGE_STATES, until=at, of="merge_id")
    moved = {each.merge_id: each for each in events}
    return {
        request.id: past.merge_then(request, moved[request.id])
        for request in merge_requests(db)
        if request.id in moved
    }
