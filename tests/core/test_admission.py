"""Who may start, and what the others wait for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.records import NOW, a_task, an_ended_run, later, snapshot, view
from wtagents.core.config.profiles import BUILT_IN
from wtagents.core.ids import TaskName
from wtagents.core.record import replace
from wtagents.core.run import ExitReason, Run
from wtagents.core.task import AgentSpec, Reason
from wtagents.core.tending.admission import Admission, AdmissionPolicy, Bar, Wait, in_order
from wtagents.core.tending.breaker import Breaker, Evidence, Scope, breakers
from wtagents.core.tending.budget import Amount, Budget, Ledger, Spent
from wtagents.core.tending.fallback import choose_model, model_after
from wtagents.core.tending.limit import AccountLimit
from wtagents.core.tending.scale import Places, Scale, places
from wtagents.core.tending.snapshot import Surroundings, TaskView

POLICY = AdmissionPolicy(scale=Scale(most=8))
LOGIN, BUSY = ExitReason.AUTHENTICATION, ExitReason.OVERLOADED


def queued(number: int = 1, **changes: Any) -> TaskView:
    return replace(view(a_task(id=number, name=TaskName(f"t{number}"))), **changes)


def waits(
    *views: TaskView, now: datetime = NOW, policy: AdmissionPolicy = POLICY, **around: Any
) -> list[Wait | None]:
    seen = replace(snapshot(*views, live_runs=0), around=Surroundings(**around))
    admission = Admission(seen, policy, now)
    return [admission.wait_of(each) for each in views]


def failed(at: float, reason: ExitReason = LOGIN, model: str = "", **changes: Any) -> Evidence:
    evidence = Evidence(model=model, reason=reason, at=later(at), stands=True, probes=False)
    return replace(evidence, **changes)


def a_breaker(**changes: Any) -> Breaker:
    found = Breaker(
        scope=Scope.REPOSITORY,
        model="",
        failures=3,
        reason=LOGIN,
        since=NOW,
        until=later(60),
        probing=False,
    )
    return replace(found, **changes)


SOON = a_breaker(since=later(2), until=later(62))


@pytest.mark.parametrize(
    ("evidence", "proved", "expected"),
    [
        ([failed(0), failed(1)], [], ()),
        ([failed(0), failed(1), failed(2)], [], (SOON,)),
        (
            [failed(0), failed(1), failed(2), failed(3)],
            [],
            (a_breaker(failures=4, since=later(3), until=later(123)),),
        ),
        (
            [failed(n) for n in range(20)],
            [],
            (a_breaker(failures=20, since=later(19), until=later(919)),),
        ),
        ([failed(0), failed(1), failed(2, stands=False)], [], ()),
        ([failed(0), failed(1), failed(2, ExitReason.AGENT_ERROR)], [], ()),
        ([failed(0), failed(1), failed(2), failed(3, ExitReason.COMPLETED)], [], ()),
        ([failed(0), failed(1), failed(2)], [("", later(3))], ()),
        (
            [failed(0), failed(1), failed(2)],
            [("", later(-1))],
            (SOON,),
        ),
        (
            [failed(0), failed(1), failed(2, probes=True)],
            [],
            (replace(SOON, probing=True),),
        ),
        ([failed(0, BUSY, "a"), failed(1, BUSY, "b"), failed(2, BUSY, "a")], [], ()),
        (
            [failed(n, BUSY, "a") for n in range(3)],
            [("b", later(9))],
            (replace(SOON, scope=Scope.MODEL, model="a", reason=BUSY),),
        ),
    ],
    ids=[
        "too few",
        "enough",
        "each more doubles the pause",
        "the longest pause",
        "one was retried by a person",
        "an agent's own fault says nothing",
        "another task went well since",
        "a live run was answered since",
        "a live run was answered before",
        "a probe is under way",
        "different models",
        "another model says nothing",
    ],
)
def test_failures_of_many_open_a_breaker(
    evidence: list[Evidence], proved: list[tuple[str, datetime]], expected: tuple[Breaker, ...]
) -> None:
    assert breakers(evidence, proved, 3) == expected


def test_an_open_breaker_lets_one_probe_through_when_its_pause_is_over() -> None:
    said = "3 tasks failed alike (authentication)"
    first = Wait(bar=Bar.BREAKER, until=later(60), detail=said)
    probing = Wait(bar=Bar.BREAKER, detail=said)

    assert waits(queued(1), queued(2), breakers=(a_breaker(),)) == [first, first]
    assert waits(queued(1), queued(2), breakers=(a_breaker(),), now=later(60)) == [None, probing]
    assert probing.words(NOW) == f"waits for one that tries again: {said}"


def test_a_breaker_of_a_model_holds_nobody_else_back() -> None:
    broken = a_breaker(scope=Scope.MODEL, model="opus", reason=BUSY)

    same, other = waits(queued(1, model="opus"), queued(2, model="haiku"), breakers=(broken,))

    assert same is not None
    assert other is None


def test_a_person_who_retries_is_believed() -> None:
    task = a_task(reason=None)
    again = replace(view(task, run=an_ended_run(LOGIN)))
    paused = replace(again, task=replace(task, reason=Reason.AUTHENTICATION))

    assert waits(again, breakers=(a_breaker(),)) == [None]
    assert waits(paused, breakers=(a_breaker(),)) != [None]


def test_a_clock_that_was_set_back_lengthens_no_wait() -> None:
    task = a_task(changed_at=NOW, not_before=later(900))
    guess = AccountLimit(account="", until=later(600), detail="", seen_at=NOW)
    day_before = later(-86400)

    for held in ({}, {"limits": (guess,)}, {"breakers": (a_breaker(),)}):
        assert waits(queued(task=task), **held)[0] is not None
        assert waits(queued(task=task), now=later(-50), **held)[0] is not None
        assert waits(queued(task=task), now=day_before, **held) == [None]


def test_a_moment_that_the_service_told_holds_by_any_clock() -> None:
    told = AccountLimit(account="", until=later(900), detail="", seen_at=NOW)

    [wait] = waits(queued(), now=later(-86400), limits=(told,))

    assert wait is not None
    assert wait.bar is Bar.LIMIT


def test_the_most_urgent_starts_first_and_the_oldest_of_equals() -> None:
    low, old, young, urgent = (
        queued(number, task=a_task(id=number, priority=priority))
        for number, priority in ((1, -1), (2, 0), (3, 0), (4, 5))
    )

    assert [each.task.id for each in in_order([low, old, young, urgent])] == [4, 2, 3, 1]


def test_a_tick_of_one_task_takes_no_place_from_those_ahead() -> None:
    policy = AdmissionPolicy(scale=Scale(most=2))

    assert waits(queued(3), policy=policy, queue=((0, 1), (0, 3))) == [None]
    assert waits(queued(3), policy=policy, queue=((-5, 9), (0, 1), (0, 3))) == [
        Wait(bar=Bar.PLACES)
    ]


def test_a_model_a_full_memory_and_a_busy_machine_hold_back() -> None:
    policy = AdmissionPolicy(scale=Scale(most=8, load=1.5, memory_floor=10**9), per_model=2)
    first, second = queued(1, model="opus"), queued(2, model="opus")

    assert waits(first, second, policy=policy, models=("opus", "haiku")) == [
        None,
        Wait(bar=Bar.MODEL, detail="2 agents work with opus (limits.per_model)"),
    ]
    assert waits(first, policy=policy, free_memory=3 * 10**8) == [
        Wait(bar=Bar.MACHINE, detail="300 MB of memory are free (limits.memory_floor)")
    ]
    assert waits(first, policy=policy, free_memory=10**9, load=1.75) == [
        Wait(bar=Bar.MACHINE, detail="the load is 1.8 per processor (limits.load)")
    ]
    assert waits(first, policy=policy, free_memory=10**9, load=1.5) == [None]


def test_so_many_agents_of_a_profile_work_at_once() -> None:
    heavy, light = AgentSpec(profile="heavy"), AgentSpec(profile="light")
    asked = [queued(n, task=a_task(id=n, agent=spec)) for n, spec in enumerate((heavy, heavy))]
    policy = replace(POLICY, profiles=BUILT_IN)

    first, second = waits(*asked, policy=policy, profiles=("heavy", "light"))

    assert first is None
    assert second == Wait(bar=Bar.PROFILE, detail="2 of 2 heavy agents run")
    assert second.words(NOW) == "waits: 2 of 2 heavy agents run"
    others = [queued(n, task=a_task(id=n, agent=light)) for n in range(8)]
    assert waits(*others, policy=policy) == [None] * 8
    forgotten = queued(task=a_task(agent=AgentSpec(profile="gone")))
    assert waits(forgotten, policy=policy, profiles=("gone",) * 7) == [None]


@pytest.mark.parametrize(
    ("working", "waiting", "load", "memory", "number", "why"),
    [
        (0, 2, 0.5, 8, 2, "2 tasks work or want to"),
        (2, 1, 0.5, 8, 3, "3 tasks work or want to"),
        (2, 4, 0.5, 8, 4, "6 tasks work or want to"),
        (4, 40, 0.5, 8, 6, "44 tasks work or want to"),
        (0, 40, 1.5, 8, 2, "the load is 1.5 per processor"),
        (4, 40, 1.5, 8, 4, "the load is 1.5 per processor"),
        (5, 0, 1.5, 8, 4, "5 tasks work or want to"),
        (3, 40, 0.5, 2, 5, "2 GB of memory are free"),
        (3, 40, 0.5, 0.9, 3, "900 MB of memory are free"),
        (0, 40, None, None, 6, "40 tasks work or want to"),
    ],
)
def test_the_number_of_agents_follows_the_queue_and_the_machine(
    working: int, waiting: int, load: float | None, memory: float | None, number: int, why: str
) -> None:
    scale = Scale(least=2, most=6, memory_floor=10**9)
    around = Surroundings(
        queue=tuple((0, n) for n in range(waiting)),
        load=load,
        free_memory=None if memory is None else int(memory * 10**9),
    )
    seen = replace(snapshot(live_runs=working), around=around)

    assert places(scale, seen) == Places(number=number, why=f"{number} of 2 to 6: {why}")
    assert places(replace(scale, least=None), seen) == Places(number=6)


def test_the_least_number_starts_on_a_busy_machine_and_not_without_memory() -> None:
    policy = AdmissionPolicy(scale=Scale(least=2, most=6, load=1.5, memory_floor=10**9))
    asked = [queued(n) for n in range(3)]
    keys = tuple((0, n) for n in range(3))

    busy = waits(*asked, policy=policy, queue=keys, load=9.0, free_memory=8 * 10**9)
    full = waits(*asked, policy=policy, queue=keys, load=0.1, free_memory=9 * 10**8)

    why = "2 of 2 to 6: the load is 9.0 per processor"
    assert busy == [None, None, Wait(bar=Bar.PLACES, detail=why)]
    assert busy[2] is not None
    assert busy[2].words(NOW) == f"waits for a place ({why})"
    assert [each.bar for each in full if each] == [Bar.MACHINE] * 3


MODELS = ("opus", "sonnet", "haiku")


def ended_with(reason: ExitReason, model: str) -> Run:
    return replace(an_ended_run(reason), model=model)


@pytest.mark.parametrize(
    ("last", "full", "expected"),
    [
        (None, (), "opus"),
        (ended_with(BUSY, "opus"), (), "sonnet"),
        (ended_with(BUSY, "haiku"), (), "opus"),
        (ended_with(ExitReason.COMPLETED, "sonnet"), (), "opus"),
        (ended_with(ExitReason.MODEL_UNKNOWN, "opus"), (), "sonnet"),
        (None, ("opus",), "sonnet"),
        (ended_with(BUSY, "opus"), ("sonnet",), "haiku"),
        (ended_with(BUSY, "opus"), ("sonnet", "haiku"), "sonnet"),
    ],
)
def test_a_model_without_room_is_passed_over(
    last: Run | None, full: tuple[str, ...], expected: str
) -> None:
    broken = [a_breaker(scope=Scope.MODEL, model=model, reason=BUSY) for model in full]

    assert choose_model(MODELS, last, broken) == expected


def test_the_program_itself_falls_back_on_the_next_one() -> None:
    assert [model_after(MODELS, model) for model in (*MODELS, "other")] == [
        "sonnet",
        "haiku",
        "",
        "",
    ]


def test_only_a_person_raises_a_budget_that_no_midnight_renews() -> None:
    budget = Budget(repository=Amount(usd=5.0))
    policy = AdmissionPolicy(scale=Scale(most=8), budget=budget)
    used = Ledger(repository=Spent(usd=5.0))
    held = Ledger(repository=Spent(usd=1.0), reserved=Spent(usd=4.0))

    [final] = waits(queued(1), policy=policy, ledger=used)
    [passing] = waits(queued(1), policy=policy, ledger=held)

    assert final == Wait(
        bar=Bar.BUDGET, detail="budget.repository_usd: $5.00 of $5.00 used", final=True
    )
    assert passing is not None
    assert not passing.final


def test_a_task_waits_for_the_branch_that_it_starts_from() -> None:
    states = ("active", "cancelled", "failed", "stopped")
    around = tuple((n, f"api, which is {state}") for n, state in enumerate(states, 1))

    found = waits(*map(queued, range(1, 6)), unfounded=around)

    assert found[-1] is None
    assert [(each.detail, each.final) for each in found if each] == [
        ("api, which is active", False),
        ("api, which is cancelled", True),
        ("api, which is failed", True),
        ("api, which is stopped", True),
    ]
