"""Budgets: what runs, tasks, days and the repository may use, in US dollars and in tokens.

A run is given an allowance when it starts and ends within one request of it; the agent program or
the runner sees to that. What day and repository have left is shared between the places, and what
live runs were given is reserved, so that all together stay within the budget. A run that has used
up its share goes on with another one as long as there is any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import count
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LEAST_SHARE = 0.1
"""Of a budget: less is given to no run as long as there is more."""
WORTHLESS = 0.01
"""Of a budget: what is left counts as nothing."""
USD_DIGITS = 9
"""Behind the point, in sums: those of one request are there, the rest of adding floats is not."""


@record
class Amount:
    """What is used, or may be used; None has no limit."""

    usd: float | None = None
    tokens: int | None = None


@record
class Spent:
    """What was used."""

    usd: float = 0.0
    tokens: int = 0

    def plus(self, other: Spent) -> Spent:
        """Return the sum, the same in whatever order: what it is compared with is crossed once."""
        usd = round(self.usd + other.usd, USD_DIGITS)
        return Spent(usd=usd, tokens=self.tokens + other.tokens)


NOTHING = Spent()


@record
class Budget:
    """The settings."""

    run: Amount = Amount()
    task: Amount = Amount()
    day: Amount = Amount()
    repository: Amount = Amount()
    warn: float = 0.8
    """Share of a budget from which a person is warned."""

    @property
    def is_shared(self) -> bool:
        """Whether tasks take from each other."""
        return self.day != Amount() or self.repository != Amount()


@record
class Ledger:
    """What the runs of the repository have used, and what live ones may still use."""

    day: Spent = Spent()
    """By runs that ended today."""
    repository: Spent = Spent()
    reserved: Spent = Spent()
    """Allowances of live runs."""
    at_work: Spent = Spent()
    """By live runs so far: part of what is reserved."""
    day_ends: datetime | None = None


@record
class Shortage:
    """Why a run cannot be given anything."""

    detail: str
    until: datetime | None
    """When there is more; None: when another run ends, or a person raises the budget."""
    in_use: bool
    """Whether live runs hold what is left."""


@record
class Line:
    """One limit, and what was used of it."""

    name: str
    limit: float
    spent: float
    reserved: float
    until: datetime | None
    money: bool
    shared: bool

    def left(self) -> float:
        """Return what nobody has used or reserved."""
        return self.limit - self.spent - self.reserved

    def share(self, places: int) -> float:
        """Return what one of so many places may use."""
        left = max(self.left(), 0.0)
        if not self.shared:
            return left
        return min(left, max(left / max(places, 1), self.limit * LEAST_SHARE))

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left that is worth anything."""
        return self.spent >= self.limit * (1 - WORTHLESS)

    def words(self) -> str:
        """Return `budget.day_usd: $50.02 of $50.00 used`."""
        return f"{self.name}: {self._figure(self.spent)} of {self._figure(self.limit)} used"

    def _figure(self, value: float) -> str:
        return f"${value:,.2f}" if self.money else count(int(value))


def allowance(budget: Budget, ledger: Ledger, task: Spent, *, places: int) -> Amount | Shortage:
    """Return what the next run of a task may use, or why nothing; `places` are those free."""
    usd: list[float] = []
    tokens: list[float] = []
    for line in lines(budget, ledger, task):
        if line.left() <= line.limit * WORTHLESS:
            in_use = not line.is_used_up
            detail = f"{line.words()}, the rest is in use" if in_use else line.words()
            return Shortage(detail=detail, until=None if in_use else line.until, in_use=in_use)
        (usd if line.money else tokens).append(line.share(places))
    return Amount(
        usd=round(min(usd), 4) if usd else None, tokens=int(min(tokens)) if tokens else None
    )


def is_used_up(limit: Amount, spent: Spent) -> bool:
    """Whether one of the two limits is reached."""
    dollars = limit.usd is not None and spent.usd >= limit.usd
    return dollars or (limit.tokens is not None and spent.tokens >= limit.tokens)


def lines(budget: Budget, ledger: Ledger, task: Spent) -> Iterator[Line]:
    """Return the limits that the next run of a task is held to, its own one aside."""
    day, repository, held = ledger.day, ledger.repository, ledger.reserved
    yield from lines_of("budget.task", budget.task, task)
    yield from lines_of("budget.day", budget.day, day, held, until=ledger.day_ends, shared=True)
    yield from lines_of("budget.repository", budget.repository, repository, held, shared=True)


def lines_of(
    name: str,
    limit: Amount,
    used: Spent,
    held: Spent = NOTHING,
    *,
    until: datetime | None = None,
    shared: bool = False,
) -> Iterator[Line]:
    """Return what is set of one budget: its dollars, its tokens."""
    for unit, most, spent, reserved in (
        ("usd", limit.usd, used.usd, held.usd),
        ("tokens", limit.tokens, used.tokens, held.tokens),
    ):
        if most is not None:
            yield Line(
                name=f"{name}_{unit}",
                limit=most,
                spent=spent,
                reserved=reserved,
                until=until,
                money=unit == "usd",
                shared=shared,
            )
