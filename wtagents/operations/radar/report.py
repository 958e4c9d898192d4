"""radar: who clashes with whom now, with names, paths and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.operations.radar.holds import record_holds
from wtagents.operations.radar.look import look
from wtagents.operations.radar.named import named_clash
from wtagents.operations.result import OperationResult
from wtagents.store.tasks import require_task, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from threading import Event

    from wtagents.core.ids import TaskName
    from wtagents.operations.context import Context
    from wtagents.operations.radar.look import Look
    from wtagents.operations.radar.named import RadarClash


@record
class RadarRequest:
    """What `wta radar` was asked for."""

    names: tuple[str, ...] = ()
    """Only clashes of these tasks; empty for all."""


@record
class Blind:
    """A task whose worktree could not be looked at."""

    task: TaskName
    why: str


@record
class RadarReport:
    """What one look saw."""

    at: datetime
    tasks: tuple[TaskName, ...]
    """Those that were compared."""
    clashes: tuple[RadarClash, ...]
    blind: tuple[Blind, ...]


def radar(context: Context, request: RadarRequest) -> OperationResult[RadarReport]:
    """Look at every worktree now. Raises NotFoundError for an unknown name."""
    with context.database.read() as db:
        chosen = {require_task(db, name).id for name in request.names}
    seen = look(context, in_full=True)
    record_holds(context)
    return OperationResult(data=_report(context, seen, chosen))


def watch_radar(
    context: Context, request: RadarRequest, *, seconds: float, closed: Event
) -> Iterator[RadarReport]:
    """Look again and again; yield the first report, and each one that says something else.

    Setting `closed` ends it.
    """
    told: tuple[object, ...] = ()
    while not closed.is_set():
        report = radar(context, request).data
        if (report.tasks, report.clashes, report.blind) != told:
            told = report.tasks, report.clashes, report.blind
            yield report
        context.clock.wait(closed, seconds)


def _report(context: Context, seen: Look, chosen: set[int]) -> RadarReport:
    with context.database.read() as db:
        known = {task.id: task for task in tasks(db)}
    return RadarReport(
        at=context.clock.now(),
        tasks=tuple(task.name for task in seen.tasks),
        clashes=tuple(
            named_clash(each, known)
            for each in seen.clashes
            if each.clash.first_id in known and (not chosen or chosen.intersection(each.clash.pair))
        ),
        blind=tuple(
            Blind(task=known[each.task_id].name, why=each.why)
            for each in seen.unseen
            if each.task_id in known
        ),
    )
