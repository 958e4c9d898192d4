"""queue: what waits to land, in which batch and why, and how long it takes here.

A forecast by the same functions that land; nothing of the repository or of a request changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.queue import Wait, failure_rate, plan_batches
from wtagents.core.record import record, replace
from wtagents.operations.landing.choose import observe_line, wishes_of
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.waits import held_words, waits
from wtagents.store.after import blocked_tasks
from wtagents.store.gates import flaky_gates
from wtagents.store.merges import live_merge_requests
from wtagents.store.standings import standings
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from wtagents.core.ids import BranchName, TaskName
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.landing.queue import Batch, Held
    from wtagents.operations.context import Context
    from wtagents.operations.landing.choose import Line


@record
class QueueEntry:
    """One request that has not ended."""

    task: TaskName
    target: BranchName
    state: MergeState
    batch: int
    """1 is next, or under way where something is; 0 waits for a task to land first."""
    place: int
    """Its place in the batch, from 1."""
    why: str
    """Why it is not in the batch before, or what it is at."""
    asked_at: datetime
    attempts: int
    """How often its landing was cut off."""
    superseded: int
    """How often the target moved meanwhile."""
    expected_seconds: float | None
    """From now until its gates have passed, if nothing fails; None where nothing was measured."""


@record
class Queue:
    """The queue, and what its batches are cut by."""

    entries: tuple[QueueEntry, ...]
    limit: int
    """Requests that one batch may have."""
    slots: int
    """Trees that are verified at the same time."""
    gates: tuple[str, ...]
    """Commands that must pass; empty: nothing is verified."""
    failure_rate: float
    """Share of landings that the gates stop, measured and weighed with what is usual."""
    measured: int
    """Landings that it was measured on."""
    gate_seconds: float | None
    """Median time of all gates together."""
    flaky: tuple[tuple[str, int], ...]
    """Gates that were red, then green, on the same tree, with how often."""


def queue(context: Context) -> OperationResult[Queue]:
    """Look at the queue. Raises SystemFault when the store cannot be read."""
    with context.database.read() as db:
        live = live_merge_requests(db)
        names = {task.id: task.name for task in tasks(db, removed=True)}
        flaky = tuple(flaky_gates(db))
        held = held_words(waits(context, db, standings(db)), context.clock.now())
    line = _line(context, [each for each in live if each.state is MergeState.WAITING])
    seen = forecast(context, line, live, names, now=context.clock.now())
    return OperationResult(data=replace(seen, flaky=flaky), messages=held)


def forecast(
    context: Context,
    line: Line,
    live: Sequence[MergeRequest],
    names: Mapping[int, TaskName],
    *,
    now: datetime,
) -> Queue:
    """Say what lands when, if nothing fails; `line` is of those that wait among the live ones."""
    at_work = [each for each in live if each.state is not MergeState.WAITING]
    waiting = [each for each in live if each.state is MergeState.WAITING]
    seconds = line.measures.gate_seconds
    planned = _planned(line, waiting, names, first=2 if at_work else 1)
    return Queue(
        entries=(*(_at_work(each, names, seconds, now) for each in at_work), *planned),
        limit=line.limit,
        slots=line.slots,
        gates=context.settings.merge.gate,
        failure_rate=round(failure_rate(line.measures.landed), 4),
        measured=len(line.measures.landed),
        gate_seconds=seconds,
        flaky=(),
    )


def waits_to_land(context: Context) -> bool:
    """Whether some request can go on without a person: nothing it comes after is in its way."""
    with context.database.read() as db:
        blocked = blocked_tasks(db)
        return any(
            each.state is not MergeState.WAITING or each.task_id not in blocked
            for each in live_merge_requests(db)
        )


def _line(context: Context, waiting: Sequence[MergeRequest]) -> Line:
    from wtagents.git.hub import open_hub

    hub = open_hub(context.paths, context.repository) if len(waiting) > 1 else None
    return observe_line(context, hub, wishes_of(context, waiting))


def _at_work(
    request: MergeRequest, names: Mapping[int, TaskName], seconds: float | None, now: datetime
) -> QueueEntry:
    passed = (now - request.changed_at).total_seconds()
    return QueueEntry(
        task=names[request.task_id],
        target=request.target,
        state=request.state,
        batch=1,
        place=request.place or 1,
        why="landing now",
        asked_at=request.created_at,
        attempts=request.attempts,
        superseded=request.superseded,
        expected_seconds=None if seconds is None else max(0.0, round(seconds - passed, 1)),
    )


def _planned(
    line: Line, waiting: Sequence[MergeRequest], names: Mapping[int, TaskName], *, first: int
) -> Iterator[QueueEntry]:
    requests = {each.id: each for each in waiting}
    batches = plan_batches(line.entries, line.clashes, line.limit)
    seconds = line.measures.gate_seconds
    for number, batch in enumerate(batches, first):
        before = batches[number - first - 1] if number > first else None
        for place, entry in enumerate(batch.entries, 1):
            request = requests[entry.request_id]
            yield QueueEntry(
                task=names[request.task_id],
                target=request.target,
                state=request.state,
                batch=number,
                place=place,
                why=_why(entry.request_id, before, requests, names, line.limit),
                asked_at=request.created_at,
                attempts=request.attempts,
                superseded=request.superseded,
                expected_seconds=None if seconds is None else round(seconds * number, 1),
            )
    for held in batches[-1].held if batches else ():
        request = requests[held.entry.request_id]
        yield QueueEntry(
            task=names[request.task_id],
            target=request.target,
            state=request.state,
            batch=0,
            place=0,
            why=_words(held, requests, names, line.limit),
            asked_at=request.created_at,
            attempts=request.attempts,
            superseded=request.superseded,
            expected_seconds=None,
        )


def _why(
    request_id: int,
    before: Batch | None,
    requests: Mapping[int, MergeRequest],
    names: Mapping[int, TaskName],
    limit: int,
) -> str:
    """Say why a request is not in the batch before its own."""
    if before is None:
        return "next"
    held = next(each for each in before.held if each.entry.request_id == request_id)
    return _words(held, requests, names, limit)


def _words(
    held: Held,
    requests: Mapping[int, MergeRequest],
    names: Mapping[int, TaskName],
    limit: int,
) -> str:
    if held.why is Wait.AFTER:
        return f"lands after {names[held.of or 0]}"
    other = requests.get(held.of or 0)
    name = names[other.task_id] if other is not None else ""
    match held.why:
        case Wait.CLASH:
            return f"clashes with {name}, which comes first"
        case Wait.ALONE:
            return f"{name} is verified by itself" if name else "conflicts: verified by itself"
        case Wait.OTHER:
            return "another target, or without gates"
        case _:
            return f"the batch is full ({limit})"
