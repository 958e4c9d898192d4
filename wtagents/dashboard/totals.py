"""What all tasks together come to, above every screen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from wtagents.dashboard.homes import Sight
    from wtagents.operations.telling.status import TaskStatus


@record
class Totals:
    """All tasks together."""

    tasks: int
    agents: int
    attention: int
    ready: int
    landing: int
    cost_today: float
    budget_today: float | None
    load: str
    limited_until: datetime | None
    """When the longest rate limit of an account ends."""
    held: str = ""
    """What a person holds back: `frozen`, `starts paused`, or ''."""


def totals_of(sights: Sequence[Sight]) -> Totals:
    """Add everything up; a budget only where there is one repository, for it is one's own."""
    all_seen = [each.seen for each in sights]
    items = [item for seen in all_seen for item in seen.items]
    load = next((each.load for each in all_seen if each.load is not None), None)
    limits = (limit.until for seen in all_seen for limit in seen.limits)
    return Totals(
        tasks=len(items),
        agents=sum(each.run is not None and each.run.state in LIVE_RUN_STATES for each in items),
        attention=sum(bool(each.attention) for each in items),
        ready=sum(each.task.state is TaskState.READY and not each.attention for each in items),
        landing=sum(len(queue_places(seen.items)) for seen in all_seen),
        cost_today=sum(seen.cost_today for seen in all_seen),
        budget_today=all_seen[0].budget_today if len(all_seen) == 1 else None,
        load=f"{load.average:.1f} of {load.processors}" if load is not None else "",
        limited_until=max(limits, default=None),
        held=_held(sights),
    )


def _held(sights: Sequence[Sight]) -> str:
    """Say what is held back, and where, when that is not everywhere."""
    for word, held in (
        ("frozen", [each for each in sights if each.seen.pauses.frozen]),
        ("starts paused", [each for each in sights if each.seen.pauses.starts]),
    ):
        if held:
            where = [each.label for each in held] if len(held) < len(sights) else []
            return " ".join([word, *where])
    return ""


def queue_places(items: Iterable[TaskStatus]) -> Mapping[int, int]:
    """Return the place of each task that lands or waits to, from 1, by task id."""
    landing = [
        (each.merge.state is MergeState.WAITING, each.merge.created_at, each.merge.id, each.task.id)
        for each in items
        if each.merge and each.merge.state in LIVE_MERGE_STATES
    ]
    return {task_id: place for place, (*_, task_id) in enumerate(sorted(landing), 1)}
