"""What a run is given of the budgets, and what is nothing."""

from __future__ import annotations

import pytest

from tests.support.records import (
    RUN_ID,
    a_pulse,
    a_run,
    a_task,
    an_ended_run,
    facts,
    later,
    snapshot,
    view,
)
from wtagents.core.record import replace
from wtagents.core.run import Usage
from wtagents.core.task import AgentSpec, TaskState
from wtagents.core.tending.budget import (
    Amount,
    Budget,
    Ledger,
    Shortage,
    Spent,
    allowance,
    is_used_up,
)
from wtagents.core.tending.snapshot import TaskView
from wtagents.core.tending.strain import Strain, own_strains, shared_strains

MIDNIGHT = later(3600)
DAY = Budget(day=Amount(usd=10.0))


def ledger(spent: float = 0.0, reserved: float = 0.0) -> Ledger:
    day = Spent(usd=spent)
    return Ledger(day=day, repository=day, reserved=Spent(usd=reserved), day_ends=MIDNIGHT)


@pytest.mark.parametrize(
    ("spent", "reserved", "places", "usd"),
    [(0, 0, 8, 1.25), (0, 1.25, 7, 1.25), (0, 0, 40, 1.0), (9.5, 0, 8, 0.5), (4, 4, 1, 2.0)],
    ids=["first of eight", "second of eight", "at least a tenth", "the rest", "what is not held"],
)
def test_a_day_is_shared_between_the_places(
    spent: float, reserved: float, places: int, usd: float
) -> None:
    assert allowance(DAY, ledger(spent, reserved), Spent(), places=places) == Amount(usd=usd)


def test_all_places_together_get_no_more_than_there_is() -> None:
    reserved = 0.0
    for free in range(8, 0, -1):
        given = allowance(DAY, ledger(2.0, reserved), Spent(), places=free)
        assert isinstance(given, Amount)
        reserved += given.usd or 0.0

    assert reserved == pytest.approx(8.0)


def test_nothing_is_left() -> None:
    used = Shortage(detail="budget.day_usd: $9.95 of $10.00 used", until=MIDNIGHT, in_use=False)
    held = Shortage(
        detail="budget.day_usd: $5.00 of $10.00 used, the rest is in use", until=None, in_use=True
    )

    assert allowance(DAY, ledger(9.95), Spent(), places=8) == used
    assert allowance(DAY, ledger(5.0, 5.0), Spent(), places=8) == held


def test_a_task_has_all_of_its_own_budget_and_the_least_counts() -> None:
    budget = Budget(task=Amount(usd=3.0, tokens=500_000), day=Amount(usd=10.0))

    assert allowance(budget, ledger(), Spent(usd=1.0, tokens=100_000), places=2) == Amount(
        usd=2.0, tokens=400_000
    )
    assert allowance(budget, ledger(), Spent(tokens=500_001), places=2) == Shortage(
        detail="budget.task_tokens: 500k of 500k used", until=None, in_use=False
    )
    assert allowance(Budget(), Ledger(), Spent(usd=99.0), places=0) == Amount()


def test_a_shared_budget_warns_before_its_end() -> None:
    near = Strain(
        budget="budget.day_usd",
        window="2026-11-21",
        words="budget.day_usd: $8.00 of $10.00 used",
        used_up=False,
    )
    at_work = replace(ledger(7.0), at_work=Spent(usd=1.0))

    assert list(shared_strains(DAY, ledger(7.9))) == []
    assert list(shared_strains(DAY, ledger(8.0))) == [near]
    assert list(shared_strains(DAY, at_work)) == [near]
    assert len(list(shared_strains(replace(DAY, warn=0.5), ledger(5.0)))) == 1
    assert [each.used_up for each in shared_strains(DAY, ledger(9.9))] == [True]


@pytest.mark.parametrize(("ended", "at_work"), [(0.2, 2.2), (1.2, 1.2)])
def test_it_warns_at_the_same_sum_whoever_has_used_it(ended: float, at_work: float) -> None:
    budget = Budget(repository=Amount(usd=3.0))
    used = Ledger(repository=Spent(usd=ended), at_work=Spent(usd=at_work), day_ends=MIDNIGHT)
    assert [strain.words for strain in shared_strains(budget, used)] == [
        "budget.repository_usd: $2.40 of $3.00 used"
    ]


def test_a_run_and_a_task_warn_of_their_own_budgets() -> None:
    budget = Budget(run=Amount(usd=1.0, tokens=1000), task=Amount(tokens=2000))
    usage = Usage(cost_usd=0.9, input_tokens=700, output_tokens=100)
    said = facts(pulse=a_pulse(usage=usage))
    works = view(a_task(state=TaskState.ACTIVE), run=a_run(), run_facts=said)
    works = replace(works, spent=Spent(tokens=1200))
    rests = replace(works, run=an_ended_run(), run_facts=None)
    frugal = replace(works, task=replace(works.task, agent=AgentSpec(budget_usd=2.0)))

    def words(seen: TaskView) -> list[tuple[str, str, str]]:
        found = own_strains(budget, snapshot(seen))
        return [(each.words, each.window, each.degree) for each in found]

    task = ("budget.task_tokens: 2k of 2k used", "1", "used up")
    run = ("budget.run_tokens: 800 of 1k used", RUN_ID, "nearly used up")
    dollars = ("agent.budget_usd: $0.90 of $1.00 used", RUN_ID, "nearly used up")
    assert words(works) == [task, dollars, run]
    assert words(frugal) == [task, run]
    assert words(rests) == []


def test_either_limit_counts() -> None:
    assert not is_used_up(Amount(), Spent(usd=9, tokens=9))
    assert is_used_up(Amount(usd=1.0, tokens=99), Spent(usd=1.0))
    assert is_used_up(Amount(tokens=99), Spent(tokens=100))
