"""Budgets in the simulation: what requests cost, and what must hold for those who were given some.

Every fourth seed has budgets, in which each request costs something. What was truly used is known
here alone; the loop sees what runners write before they die.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.support.simulation.machine import Violation
from wtagents.core.config.settings import Layer
from wtagents.core.events import EventKind
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record, replace
from wtagents.core.run import Usage
from wtagents.core.tending.budget import NOTHING, Amount, Budget, Spent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.support.simulation.machine import Moment
    from wtagents.core.events import Event
    from wtagents.core.order import Order
    from wtagents.core.run import Run

PRICES = (0.05, 0.2, 1.0)
"""US dollars that a request may cost."""
TOKENS = 100_000
"""For a dollar."""
DEAREST = Spent(usd=max(PRICES), tokens=int(max(PRICES) * TOKENS))
_EPSILON = Spent(usd=0.01, tokens=10)
"""Shares are rounded."""
_OPTION = "--max-budget-usd="
_BUDGETS = (
    {"budget": {"task_usd": 1.0}},
    {"budget": {"repository_usd": 3.0}},
    {"budget": {"day_usd": 2.0, "repository_tokens": 400_000}},
    {"budget": {"task_tokens": 60_000}},
    {"agent": {"budget_usd": 0.8}, "budget": {"day_tokens": 150_000, "run_tokens": 90_000}},
)


class Purse:
    """Pays the requests of one play."""

    def __init__(self, seed: int) -> None:
        # A choice of its own: a seed without budgets is not told another story because of them.
        self._rng = random.Random(f"purse {seed}")  # noqa: S311 - a seed that can be repeated
        self.layer = Layer(source="simulation", values=self._rng.choice(_BUDGETS))
        self.budget = Budget()
        """What holds now."""
        self.told_at: Moment | None = None
        """When somebody last looked whether a person is to be warned."""
        self.used: defaultdict[str, Spent] = defaultdict(Spent)
        """By each run, in truth."""

    @classmethod
    def of_seed(cls, seed: int) -> Purse | None:
        """Return the purse of a seed, if it has one."""
        return cls(seed) if seed % 4 == 2 else None

    def pay(self, run_id: str, usage: Usage) -> Usage:
        """Pay one request; return what the run has used with it."""
        price = self._rng.choice(PRICES)
        cost = Spent(usd=price, tokens=int(price * TOKENS))
        self.used[run_id] = self.used[run_id].plus(cost)
        return replace(
            usage,
            cost_usd=usage.cost_usd + cost.usd,
            input_tokens=usage.input_tokens + cost.tokens,
            turns=usage.turns + 1,
        )

    def is_used_up(self, order: Order, usage: Usage) -> bool:
        """Whether a run has used what its order allows: the program and the runner look at that."""
        dollars = [float(each.removeprefix(_OPTION)) for each in order.argv if _OPTION in each]
        most = order.budget_tokens
        return (bool(dollars) and usage.cost_usd >= dollars[0]) or (
            most is not None and usage.input_tokens >= most
        )


@record
class _Ended:
    task_id: int
    at: datetime
    used: Spent


class Books:
    """Keeps account by the events; raises Violation where more is given or used than there is."""

    def __init__(self, purse: Purse) -> None:
        self._purse = purse
        self._given: dict[str, Spent] = {}
        """To runs that live."""
        self._ended: list[_Ended] = []

    def take(self, event: Event, run: Run | None) -> None:
        """Go one event further."""
        if run is None:
            return
        if event.kind is EventKind.RUN_ADDED:
            share = run.allowance
            self._given[run.id] = Spent(usd=share.usd or 0.0, tokens=share.tokens or 0)
            self._check_given(run, event.at)
        elif event.kind is EventKind.RUN_MOVED and event.data["to"] not in LIVE_RUN_STATES:
            self._given.pop(run.id, None)
            usage = run.exit.usage if run.exit else Usage()
            used = Spent(usd=usage.cost_usd, tokens=usage.input_tokens)
            self._ended.append(_Ended(task_id=run.task_id, at=run.ended_at or event.at, used=used))

    def _check_given(self, run: Run, at: datetime) -> None:
        """Whoever begins is given no more than is left, whatever all others make of theirs."""
        budget, given = self._purse.budget, _sum(self._given.values())
        midnight = at.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        of_task = (each.used for each in self._ended if each.task_id == run.task_id)
        today = (each.used for each in self._ended if each.at >= midnight)
        _require(f"task {run.task_id}", budget.task, _sum(of_task).plus(self._given[run.id]))
        _require("the day", budget.day, _sum(today).plus(given))
        _require("all", budget.repository, _sum(each.used for each in self._ended).plus(given))

    def check(self, runs: Iterable[Run], *, places: int) -> None:
        """Each run goes at most one request beyond its share, and so all of them at work together.

        The last request of a run that was killed may be in no book.
        """
        budget, known = self._purse.budget, list(runs)
        of_tasks: defaultdict[int, Spent] = defaultdict(Spent)
        lost: defaultdict[int, int] = defaultdict(int)
        for run in known:
            used = self._purse.used[run.id]
            _require(f"run {run.id[-4:]}", run.allowance, used, beyond=1)
            of_tasks[run.task_id] = of_tasks[run.task_id].plus(used)
            lost[run.task_id] += run.exit is not None and not _is_whole(run.exit.usage, used)
        for task_id, used in of_tasks.items():
            _require(f"task {task_id}", budget.task, used, beyond=1 + lost[task_id])
        beyond = places + sum(lost.values())
        _require("all", budget.repository, _sum(of_tasks.values()), beyond=beyond)


def _require(whose: str, limit: Amount, used: Spent, *, beyond: int = 0) -> None:
    """Raise Violation for what goes beyond a limit by more than so many of the dearest requests."""
    dollars = None if limit.usd is None else limit.usd + beyond * DEAREST.usd + _EPSILON.usd
    tokens = None if limit.tokens is None else limit.tokens + beyond * DEAREST.tokens
    if dollars is not None and used.usd > dollars:
        raise Violation(f"{whose}: ${used.usd:.2f} of ${limit.usd}")
    if tokens is not None and used.tokens > tokens + _EPSILON.tokens:
        raise Violation(f"{whose}: {used.tokens} of {limit.tokens} tokens")


def _is_whole(told: Usage, used: Spent) -> bool:
    if used.tokens - told.input_tokens > DEAREST.tokens:
        raise Violation(f"an end tells {told.input_tokens} of {used.tokens} tokens")
    return told.input_tokens == used.tokens


def _sum(amounts: Iterable[Spent]) -> Spent:
    total = NOTHING
    for each in amounts:
        total = total.plus(each)
    return total
