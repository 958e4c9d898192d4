"""What causes alerts: the world as it stands, and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.task import TaskState
from wtagents.core.tending.alert import STALE, Alert, Topic
from wtagents.core.tending.attention import attention
from wtagents.core.tending.budget import Ledger, Shortage, allowance
from wtagents.core.tending.liveness import Liveness, judge
from wtagents.core.tending.suspicion import SUSPECT, Response
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from wtagents.core.events import Event
    from wtagents.core.task import Task
    from wtagents.core.tending.budget import Budget
    from wtagents.core.tending.liveness import Thresholds
    from wtagents.core.tending.snapshot import Snapshot, TaskView
    from wtagents.core.tending.strain import Strain

KINDS = (EventKind.TASK_MOVED, EventKind.RUN_SUSPECTED)
"""Events that cause alerts."""

_TEXT_LIMIT = 200
_EVENTFUL = SUSPECT | {Liveness.LOST}
"""Told by the event of the step that is taken, or mended by the next tick."""
_STEPS = {
    Response.NUDGE: "it was told",
    Response.INTERRUPT: "its turn was ended",
    Response.STOP: "it is stopped",
    Response.RESTART: "it begins anew",
}


def standing_alerts(
    snapshot: Snapshot, thresholds: Thresholds, red: Mapping[int, str]
) -> list[Alert]:
    """Return what needs a person now; `red` are the failing gates by task that has landed."""
    found = (_need(view, thresholds, red, snapshot.at) for view in snapshot.views)
    return [each for each in found if each is not None]


def _need(
    view: TaskView, thresholds: Thresholds, red: Mapping[int, str], now: datetime
) -> Alert | None:
    task, run, facts = view.task, view.live_run, view.run_facts
    live = run is not None and facts is not None and facts.exit is None
    verdict = judge(facts, thresholds, now) if live and facts is not None else None
    pulse = facts.pulse if live and facts is not None else None
    asks = pulse.question.request_id if pulse is not None and pulse.question is not None else ""
    if verdict is not None and verdict.liveness in _EVENTFUL and not asks:
        return None
    end = view.run.exit.reason if view.run is not None and view.run.exit is not None else None
    why = attention(task, verdict, pulse, view.merge, end=end, red=red.get(task.id, ""))
    if not why:
        return None
    parked = verdict is None and task.state is TaskState.FAILED
    about = (task.id, view.run and view.run.id, view.merge and view.merge.id, asks, task.state)
    return Alert(
        key="/".join(str(each or "") for each in about),
        topic=Topic.PARKED if parked else Topic.ATTENTION,
        task=task.name,
        text=printable(f"{'is parked' if parked else 'needs you'}: {why}", _TEXT_LIMIT),
        at=now,
        standing=True,
    )


def budget_alerts(snapshot: Snapshot, budget: Budget, strains: Iterable[Strain]) -> Iterator[Alert]:
    """Return the budgets that are nearly or wholly used up, and which tasks wait for one."""
    for strain in strains:
        yield Alert(
            key=strain.key,
            topic=Topic.BUDGET,
            task=strain.task,
            text=f"{strain.degree}: {strain.words}",
            at=snapshot.at,
            standing=True,
        )
    alone = type(budget)(task=budget.task)
    for view in snapshot.views:
        if view.task.state is TaskState.QUEUED:
            short = allowance(alone, Ledger(), view.spent, places=1)
            if isinstance(short, Shortage):
                yield Alert(
                    key=f"{view.task.id}/budget",
                    topic=Topic.BUDGET,
                    task=view.task.name,
                    text=f"waits: {short.detail}",
                    at=snapshot.at,
                    standing=True,
                )


def event_alerts(
    events: Iterable[Event], tasks: Mapping[int, Task], needing: Iterable[str], now: datetime
) -> Iterator[Alert]:
    """Return what has happened, of what is still so; `needing` are told by name anyway."""
    skipped = frozenset(needing)
    for event in events:
        task = tasks.get(event.task_id or 0)
        if task is None or now - event.at > STALE:
            continue
        found = _suspicion(event) if event.kind is EventKind.RUN_SUSPECTED else _moved(event, task)
        if found is not None and (found[0] is not Topic.READY or task.name not in skipped):
            yield Alert(
                key=f"event/{event.id}",
                topic=found[0],
                task=task.name,
                text=printable(found[1], _TEXT_LIMIT),
                at=now,
                standing=False,
            )


def _moved(event: Event, task: Task) -> tuple[Topic, str] | None:
    to = event.data.get("to")
    if to != task.state:
        return None
    if to == TaskState.MERGED:
        return Topic.MERGED, f"has landed on {task.target}" + f"; {task.detail}" * bool(task.detail)
    # One that comes back from the queue was ready before.
    fresh = event.data.get("from") != TaskState.MERGING and not task.merge_when_ready
    if to == TaskState.READY and fresh:
        return Topic.READY, "is ready"
    return None


def _suspicion(event: Event) -> tuple[Topic, str]:
    data = event.data
    circles = data.get("liveness") == Liveness.LOOPING
    step = _STEPS.get(data.get("response", ""), "")
    reasons = data.get("reasons") or [""]
    parts = ["goes in circles" if circles else "is stuck", str(reasons[0]), step]
    return Topic.SUSPICION, ": ".join(part for part in parts if part)
