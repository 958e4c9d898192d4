"""Budgets in real runs of the built-in agent, which costs a tenth of a cent for each request."""

from __future__ import annotations

import pytest

from tests.support.fleet import Fleet
from wtagents.core.events import EventKind
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.admission import Bar
from wtagents.core.tending.alert import Topic
from wtagents.operations.observe import observe
from wtagents.operations.telling.alerts import note_what_is_new
from wtagents.operations.telling.cost import By, CostRequest, cost
from wtagents.store.alerts import noted_alerts
from wtagents.store.events import events_of

pytestmark = pytest.mark.e2e

REQUEST = 0.001


REQUEST_TOKENS = 14_000
"""At most: what the first requests of the built-in agent take."""


def tokens(fleet: Fleet) -> int:
    used = cost(fleet.context, CostRequest()).data.total
    return used.input_tokens + used.output_tokens


def total(fleet: Fleet) -> float:
    return cost(fleet.context, CostRequest()).data.total.usd


def test_a_task_ends_within_a_request_of_its_budget(fleet: Fleet) -> None:
    fleet.configure(budget={"task_usd": 0.004})
    fleet.spawn("a", *["run true"] * 30)

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.BUDGET)
    assert 0.004 <= total(fleet) <= 0.004 + REQUEST + 1e-9


def test_a_day_is_spent_in_shares_and_then_nobody_starts(fleet: Fleet) -> None:
    fleet.configure(budget={"day_usd": 0.01}, limits={"agents": 2})
    fleet.spawn("a", *["run true"] * 40)

    waiting = fleet.await_status("a", lambda item: item.wait and item.wait.bar is Bar.BUDGET)

    assert waiting.wait is not None
    assert waiting.wait.until is not None
    assert waiting.task.attempts == 0
    assert set(fleet.endings("a")) == {ExitReason.BUDGET}
    assert 0.0099 <= total(fleet) <= 0.01 + REQUEST + 1e-9
    [said] = fleet.spawn("b", "run true").messages
    assert said.endswith("used: the task starts by itself")
    assert fleet.tick().applied == 0


def test_tokens_are_counted_by_the_runner_in_the_middle_of_a_turn(fleet: Fleet) -> None:
    fleet.configure(budget={"run_tokens": 30_000})
    fleet.spawn("a", "wait 0.2", "wait 0.2", "wait 0.2", "wait 30")

    task = fleet.await_rest("a")

    assert (task.state, task.reason, task.detail) == (
        TaskState.FAILED,
        Reason.BUDGET,
        "its 30k tokens are used up",
    )
    assert 30_000 <= tokens(fleet) <= 30_000 + REQUEST_TOKENS


def test_a_repository_ends_within_a_request_of_its_tokens(fleet: Fleet) -> None:
    fleet.configure(budget={"repository_tokens": 30_000}, limits={"agents": 1})
    fleet.spawn("a", *["wait 0.2"] * 20)

    waiting = fleet.await_status("a", lambda item: item.wait and item.wait.bar is Bar.BUDGET)

    assert waiting.wait is not None
    assert waiting.wait.final
    assert set(fleet.endings("a")) == {ExitReason.BUDGET}
    assert 0.99 * 30_000 <= tokens(fleet) <= 30_000 + REQUEST_TOKENS


def test_a_person_hears_once_that_little_is_left_while_the_agent_works(fleet: Fleet) -> None:
    fleet.configure(budget={"run_tokens": 45_000})
    fleet.spawn("a", "run true", "run true", "wait 30")
    fleet.await_doing("a", "sleep")

    for _ in range(2):
        note_what_is_new(fleet.context, observe(fleet.context))

    words = "budget.run_tokens: 38.4k of 45k used"
    with fleet.context.database.read() as db:
        told = [each.data for each in events_of(db) if each.kind is EventKind.BUDGET_STRAINED]
        alerts = [(each.topic, each.task, each.text) for each in noted_alerts(db)]
    assert told == [{"budget": "budget.run_tokens", "words": words, "used_up": False}]
    assert alerts == [(Topic.BUDGET, "a", f"nearly used up: {words}")]


def test_what_was_spent_is_summed_by_task_model_and_day(fleet: Fleet) -> None:
    fleet.spawn("a", "run true", "crash")
    fleet.spawn("b", 'say "Hello."')
    fleet.await_rest("b")
    fleet.await_rest("a")

    by_task = cost(fleet.context, CostRequest()).data
    by_model = cost(fleet.context, CostRequest(by=By.MODEL)).data
    by_day = cost(fleet.context, CostRequest(by=By.DAY, names=("b",))).data

    assert [(line.key, line.state, line.tasks) for line in by_task.lines] == [
        ("a", "failed", 1),
        ("b", "failed", 1),
    ]
    assert (by_task.total.tasks, by_task.landed, by_task.usd_per_landed) == (2, 0, None)
    assert by_model.total == by_task.total
    assert by_day.total.usd == by_task.lines[1].usd > 0
