"""Every task at one moment, and what all of them together cost and need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.tending.pause import Pauses

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wtagents.core.tending.limit import AccountLimit
    from wtagents.operations.context import Context
    from wtagents.operations.telling.status import TaskStatus
    from wtagents.system.load import Load


@record
class Overview:
    """All tasks, as one look found them."""

    items: tuple[TaskStatus, ...]
    cost_today: float
    """US dollars of the runs that ended today, by the local calendar, and of those at work."""
    budget_today: float | None
    """US dollars that a day may cost (`budget.day_usd`)."""
    load: Load | None
    limits: tuple[AccountLimit, ...]
    """What accounts may not use now."""
    at: datetime
    pauses: Pauses = Pauses()
    """What a person holds back."""


def overview_of(context: Context, found: tuple[TaskStatus, ...]) -> Overview:
    """Add what all tasks together cost and need. Raises SystemFault for a store in trouble."""
    from wtagents.system.load import machine_load

    return Overview(
        items=found,
        cost_today=cost_today(context, found),
        budget_today=context.settings.budget.day_usd,
        load=machine_load(),
        limits=limits(context),
        at=context.clock.now(),
        pauses=_pauses(context),
    )


def cost_today(context: Context, found: Iterable[TaskStatus]) -> float:
    """Add up what the runs that ended today have cost and what those at work have so far."""
    from wtagents.store.runs import cost_of_ended_runs

    if context.reader is None:
        return 0.0
    now = context.clock.now().astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = cost_of_ended_runs(context.reader, since=midnight)
    return ended + sum(cost_of_live_run(each) for each in found)


def limits(context: Context) -> tuple[AccountLimit, ...]:
    """Return what accounts may not use now."""
    from wtagents.store.limits import account_limits

    now = context.clock.now()
    return () if context.reader is None else account_limits(context.reader, now=now)


def _pauses(context: Context) -> Pauses:
    from wtagents.store.pauses import pauses

    return Pauses() if context.reader is None else pauses(context.reader)


def cost_of_live_run(item: TaskStatus) -> float:
    """Return what the run of a task has cost that has not ended."""
    return item.pulse.usage.cost_usd if item.pulse is not None else 0.0
