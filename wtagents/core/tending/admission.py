"""Who may start now: the order of the tasks that wait, and what each of them waits for.

Only starts are decided here. Whatever holds a task back, an agent at work is left alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.config.profiles import profile_of
from wtagents.core.figures import plural
from wtagents.core.moments import moment
from wtagents.core.record import record, replace
from wtagents.core.size import size_text
from wtagents.core.task import TaskState
from wtagents.core.tending.breaker import scope_of
from wtagents.core.tending.budget import Budget, Shortage, allowance
from wtagents.core.tending.limit import AccountLimit, limit_end
from wtagents.core.tending.scale import Scale, places

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wtagents.core.config.profiles import Profile
    from wtagents.core.tending.breaker import Breaker
    from wtagents.core.tending.pause import Pauses
    from wtagents.core.tending.snapshot import Snapshot, TaskView

_AT_REST = (TaskState.CANCELLED, TaskState.FAILED, TaskState.STOPPED)
"""States that a task leaves only by a person's word."""


class Bar(StrEnum):
    """What keeps a task from starting."""

    PAUSED = "paused"
    """A person holds it back."""
    FROZEN = "frozen"
    """A person has stopped everything."""
    FOUNDATION = "foundation"
    """The branch that it starts from is not ready."""
    LIMIT = "limit"
    """Its account is at its limit."""
    BREAKER = "breaker"
    """Other tasks failed alike; one start at a time tries again."""
    BUDGET = "budget"
    """Nothing of a budget is left for it."""
    LATER = "later"
    """The next try comes after a while."""
    MACHINE = "machine"
    """The machine is busy, or its memory full."""
    PROFILE = "profile"
    """Enough agents of its resource profile work."""
    MODEL = "model"
    """Enough agents work with its model."""
    PLACES = "places"
    """Every place is taken."""


@record
class Wait:
    """What one task waits for."""

    bar: Bar
    until: datetime | None = None
    detail: str = ""
    final: bool = False
    """Whether only a person can end it."""

    def words(self, now: datetime) -> str:
        """Say it in one line."""
        until = "" if self.until is None else f" until {moment(self.until, now)}"
        match self.bar:
            case Bar.PAUSED | Bar.FROZEN:
                return f"{self.bar}; go on: {self.detail}"
            case Bar.FOUNDATION:
                return f"waits for {self.detail}"
            case Bar.LIMIT:
                return f"rate limited{until}"
            case Bar.LATER:
                return f"waits{until}{f' ({self.detail})' if self.detail else ''}"
            case Bar.BREAKER:
                return f"waits{until or ' for one that tries again'}: {self.detail}"
            case Bar.MACHINE | Bar.MODEL | Bar.PROFILE:
                return f"waits: {self.detail}"
            case Bar.BUDGET:
                return f"waits{until}: {self.detail}"
            case Bar.PLACES:
                return f"waits for a place{f' ({self.detail})' if self.detail else ''}"


@record
class AdmissionPolicy:
    """The settings that starts depend on."""

    scale: Scale
    """How many may work at the same time."""
    per_model: int | None = None
    profiles: tuple[Profile, ...] = ()
    budget: Budget = Budget()


class Admission:
    """Decides about one task after the other and counts those that it lets in."""

    def __init__(self, snapshot: Snapshot, policy: AdmissionPolicy, now: datetime) -> None:
        self._now = now
        self._places = places(policy.scale, snapshot)
        self._free = self._places.number - snapshot.live_runs
        self._breakers = list(snapshot.around.breakers)
        self._around, self._policy = snapshot.around, policy
        self._models = list(snapshot.around.models)
        self._profiles = list(snapshot.around.profiles)
        known = {view.task.id for view in snapshot.views}
        self._others = [key for key in snapshot.around.queue if key[1] not in known]
        self._limits = {limit.account: limit for limit in snapshot.around.limits}

    def learn(self, limits: Iterable[AccountLimit]) -> None:
        """Take limits into account that are not in the store yet."""
        self._limits |= {limit.account: limit for limit in limits}

    def wait_of(self, view: TaskView) -> Wait | None:
        """Return what a task waits for; None has taken a place for it."""
        if self._around.pauses.holds(view.task.id):
            return _held_back(self._around.pauses, view)
        foundation = dict(self._around.unfounded).get(view.task.id)
        if foundation is not None:
            rests = foundation.endswith(_AT_REST)
            return Wait(bar=Bar.FOUNDATION, detail=foundation, final=rests)
        task, limit = view.task, self._limits.get(view.account)
        if limit is not None and limit.holds(task.id, self._now):
            return Wait(bar=Bar.LIMIT, until=limit.end_for(task.id), detail=limit.detail)
        if task.rests_until_later(self._now):
            why = str(task.reason or "").replace("_", " ")
            return Wait(bar=Bar.LATER, until=task.not_before, detail=why)
        covering = [each for each in self._breakers if each.covers(view.model)]
        if covering and not _is_retried(view):
            open_ones = [each for each in covering if each.probing or each.is_open(self._now)]
            if open_ones:
                return _behind(open_ones[0])
        full = self._fullness(view)
        if full is not None:
            return full
        self._free -= 1
        self._models.append(view.model)
        self._profiles.append(task.agent.profile or "")
        self._breakers = [
            replace(each, probing=True) if each in covering else each for each in self._breakers
        ]
        return None

    def _fullness(self, view: TaskView) -> Wait | None:
        """Return what there is not enough of."""
        ahead = 0 if view.task.state is TaskState.ACTIVE else self._ahead(view)
        if self._free - ahead <= 0:
            return Wait(bar=Bar.PLACES, detail=self._places.why)
        return self._many_alike(view) or self._busy_machine() or self._short_budget(view)

    def _many_alike(self, view: TaskView) -> Wait | None:
        """Return whether enough agents of its profile, or with its model, work."""
        policy, profile = self._policy, profile_of(self._policy.profiles, view.task.agent.profile)
        if profile is not None and profile.agents is not None:
            working = self._profiles.count(profile.name)
            if working >= profile.agents:
                detail = f"{working} of {profile.agents} {profile.name} agents run"
                return Wait(bar=Bar.PROFILE, detail=detail)
        working = self._models.count(view.model)
        if policy.per_model is not None and working >= policy.per_model:
            model = view.model or "the usual model"
            detail = f"{plural(working, 'agent')} work with {model} (limits.per_model)"
            return Wait(bar=Bar.MODEL, detail=detail)
        return None

    def _busy_machine(self) -> Wait | None:
        scale, around = self._policy.scale, self._around
        if around.free_memory is not None and around.free_memory < scale.memory_floor:
            detail = f"{size_text(around.free_memory)} of memory are free (limits.memory_floor)"
            return Wait(bar=Bar.MACHINE, detail=detail)
        if scale.least is not None or scale.load is None or around.load is None:
            return None
        if around.load > scale.load:
            detail = f"the load is {around.load:.1f} per processor (limits.load)"
            return Wait(bar=Bar.MACHINE, detail=detail)
        return None

    def _short_budget(self, view: TaskView) -> Wait | None:
        ledger = self._around.ledger
        short = allowance(self._policy.budget, ledger, view.spent, places=self._free)
        if isinstance(short, Shortage):
            final = short.until is None and not short.in_use
            return Wait(bar=Bar.BUDGET, until=short.until, detail=short.detail, final=final)
        return None

    def _ahead(self, view: TaskView) -> int:
        """Return how many tasks out of sight come first: the next tick that sees all decides."""
        own = (-view.task.priority, view.task.id)
        return sum(key < own for key in self._others)


def _held_back(pauses: Pauses, view: TaskView) -> Wait:
    """Name the widest pause first, and what to type."""
    if pauses.frozen:
        return Wait(bar=Bar.FROZEN, detail="wta thaw")
    way_on = "wta resume" if pauses.starts else f"wta resume {view.task.name}"
    return Wait(bar=Bar.PAUSED, detail=way_on)


def _is_retried(view: TaskView) -> bool:
    """Whether a person has let a task try again that had failed like the others."""
    end = view.run.exit if view.run is not None else None
    return view.task.reason is None and end is not None and scope_of(end.reason) is not None


def _behind(breaker: Breaker) -> Wait:
    why = str(breaker.reason).replace("_", " ")
    return Wait(
        bar=Bar.BREAKER,
        until=None if breaker.probing else breaker.until,
        detail=f"{breaker.failures} tasks failed alike ({why})",
    )


def new_limits(snapshot: Snapshot) -> tuple[AccountLimit, ...]:
    """Return the limits that runs have met and the store does not know, the latest per account."""
    known = {limit.account: limit.until for limit in snapshot.around.limits}
    found: dict[str, AccountLimit] = {}
    for view in snapshot.views:
        limit = _met(view)
        if limit is None or (limit.account in known and known[limit.account] >= limit.until):
            continue
        before = found.get(limit.account)
        if before is None or before.until < limit.until:
            found[limit.account] = limit
    return tuple(found.values())


def _met(view: TaskView) -> AccountLimit | None:
    """Return the limit that a task's run is behind, or that ended it and is not settled yet."""
    run, facts = view.run, view.run_facts
    if run is None or not (run.account or view.account):
        return None
    live = view.live_run is not None and facts is not None
    end = facts.exit if live and facts else run.exit
    pulse = facts.pulse if live and facts else None
    if end is not None and (live or view.task.state is TaskState.ACTIVE):
        until, seen_at, detail = limit_end(end), end.at, end.detail
    elif pulse is not None:
        until, seen_at, detail = pulse.limited_until, pulse.at, ""
    else:
        return None
    if until is None or until <= seen_at:
        return None
    account = run.account or view.account
    return AccountLimit(account=account, until=until, detail=detail, seen_at=seen_at)


def in_order(views: Iterable[TaskView]) -> list[TaskView]:
    """Return tasks in the order in which they may start: the most urgent first, then the oldest."""
    return sorted(views, key=lambda view: (-view.task.priority, view.task.id))
