"""landings_then: the queue as it was at a moment: what waited, which gates ran, what was decided.

Order and batches are forecast anew from what was known then. Which branches clash is taken from the
radar, for the tips of then are not merged again; sizes of changes were not kept, so that of those
who asked within the same minute the elder comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.queue import RECENT, Entry, batch_limit
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_MERGE_STATES
from wtagents.core.record import replace
from wtagents.operations.landing.choose import ALONE_AFTER, Line
from wtagents.operations.landing.verify import slots_of
from wtagents.operations.landings import (
    MOST_DECIDED,
    MOST_LOGS,
    Decided,
    GateOutput,
    Landings,
    gate_logs,
    tail_of,
)
from wtagents.operations.queue import Queue, forecast
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.then import observe_then
from wtagents.store.after import all_after
from wtagents.store.gates import flaky_gates, landing_measures
from wtagents.store.merges import merge_requests
from wtagents.store.radar import clashes_until
from wtagents.store.undos import undone_landings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.context import Context
    from wtagents.operations.telling.then import Then
    from wtagents.store.database import Database

NOT_KEPT = "it ran then; what it had said by then was not kept"


def landings_at(context: Context, at: datetime) -> OperationResult[Landings | None]:
    """Look at all of it as it was; None while nothing was ever stored. Raises SystemFault."""
    db = context.reader
    if db is None:
        return OperationResult(data=None)
    with db.read():
        then = observe_then(db, at)
        seen = _queue(context, db, then)
        undone = undone_landings(db, until=at)
        rows = merge_requests(db)
    live = _live(then)
    ended = [each for each in then.merges.values() if each.state not in LIVE_MERGE_STATES]
    ended.sort(key=lambda each: (each.changed_at, each.id), reverse=True)
    return OperationResult(
        data=Landings(
            queue=seen,
            requests=live,
            running=tuple(_running(context, live, rows, at))[:MOST_LOGS],
            decided=tuple(
                Decided(task=then.tasks[each.task_id].name, request=each, undone=each.id in undone)
                for each in ended[:MOST_DECIDED]
            ),
        )
    )


def queue_at(context: Context, at: datetime) -> OperationResult[Queue]:
    """Look at the queue as it was. Raises SystemFault when the store cannot be read."""
    with context.records.read() as db:
        return OperationResult(data=_queue(context, db, observe_then(db, at)))


def _queue(context: Context, db: Database, then: Then) -> Queue:
    line, at = _line(context, db, then), then.at
    names = {task.id: task.name for task in then.tasks.values()}
    seen = forecast(context, line, _live(then), names, now=at)
    return replace(seen, flaky=tuple(flaky_gates(db, until=at)))


def _live(then: Then) -> tuple[MergeRequest, ...]:
    return tuple(each for each in then.merges.values() if each.state in LIVE_MERGE_STATES)


def _line(context: Context, db: Database, then: Then) -> Line:
    """Return everything that decided about the next batch, as far as it is known."""
    waiting = [each for each in _live(then) if each.state is MergeState.WAITING]
    request_of = {each.task_id: each.id for each in waiting}
    measures = landing_measures(db, recent=RECENT, until=then.at)
    slots, after = slots_of(context), all_after(db)
    pairs = [each.clash.pair for each in clashes_until(db, then.at)]
    return Line(
        entries=tuple(
            Entry(
                request_id=each.id,
                task_id=each.task_id,
                target=each.target,
                skip_gate=each.skip_gate,
                asked_at=each.created_at,
                size=0,
                after=_open(then, after.get(each.task_id, ())),
                alone=each.attempts >= ALONE_AFTER,
            )
            for each in waiting
        ),
        clashes=frozenset(
            (request_of[first], request_of[second])
            for first, second in pairs
            if first in request_of and second in request_of
        ),
        limit=batch_limit(measures.landed, slots=slots),
        measures=measures,
        slots=slots,
    )


def _open(then: Then, tasks: Iterable[int]) -> frozenset[int]:
    return frozenset(
        each
        for each in tasks
        if each in then.tasks and then.tasks[each].state not in ENDED_TASK_STATES
    )


def _running(
    context: Context, live: Sequence[MergeRequest], rows: Sequence[MergeRequest], at: datetime
) -> Iterator[GateOutput]:
    """Return what gates had said, latest first; of one that went on its log tells the end only.

    `rows` are the requests as they are now: what a gate took tells when it had begun. Of one that
    ran again nobody noted what it took: the next one to end is taken to have run.
    """
    gating = {each.id: each.changed_at for each in live if each.state is MergeState.GATING}
    if not gating:
        return
    own = [row for row in rows if row.id in gating]
    took = {str(gate.log): gate.seconds for row in own for gate in row.gates}
    begun, moment = min(gating.values()).timestamp(), at.timestamp()
    end = max(row.changed_at for row in own).timestamp()
    logs = [each for each in gate_logs(context.paths.gates) if begun <= each[0] <= end]
    later = [(ended, log) for ended, log in logs if ended > moment]
    ran = {log for ended, log in later if ended - took.get(str(log), 0.0) <= moment}
    ran |= {log for _, log in later[-1:] if str(log) not in took}
    for ended, log in logs:
        if ended <= moment:
            yield GateOutput(name=log.stem, lines=tuple(tail_of(log)))
        elif log in ran:
            yield GateOutput(name=log.stem, lines=(NOT_KEPT,))
