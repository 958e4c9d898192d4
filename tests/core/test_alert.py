"""What a person is told, and in which words."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from tests.support.records import (
    NOW,
    a_merge,
    a_pulse,
    a_question,
    a_run,
    a_task,
    facts,
    later,
    snapshot,
    view,
)
from wtagents.core.events import Event, EventKind
from wtagents.core.ids import TaskName
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.record import replace
from wtagents.core.run import Phase, Stillness
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.alert import Alert, QuietHours, Topic, compose, is_due
from wtagents.core.tending.alert_causes import budget_alerts, event_alerts, standing_alerts
from wtagents.core.tending.budget import Amount, Budget, Ledger, Spent
from wtagents.core.tending.liveness import Thresholds
from wtagents.core.tending.strain import shared_strains


def an_alert(task: str, topic: Topic = Topic.ATTENTION, text: str = "needs you: x") -> Alert:
    return Alert(key=task, topic=topic, task=task, text=text, at=NOW, standing=True)


def an_event(data: dict[str, Any], kind: EventKind = EventKind.TASK_MOVED) -> Event:
    return Event(
        id=7, at=NOW, kind=kind, actor="tick", task_id=1, run_id=None, merge_id=None, data=data
    )


def happened(event: Event, *, needing: tuple[str, ...] = (), **task: Any) -> list[str]:
    found = event_alerts([event], {1: a_task(**task)}, needing, later(5))
    return [f"{each.topic}: {each.task} {each.text}" for each in found]


def test_what_stands_is_told_once_for_each_cause() -> None:
    asks = a_pulse(phase=Phase.ASKING, question=a_question())
    still = Stillness(seconds=5000.0, idle_seconds=5000.0, process="")
    active = a_task(state=TaskState.ACTIVE)
    seen = snapshot(
        view(active, run=a_run(), run_facts=facts(pulse=asks)),
        view(active, run=a_run(), run_facts=facts(activity_age=5000.0, pulse=a_pulse(still=still))),
        view(active, run=a_run(), run_facts=facts(runner_alive=False, heartbeat_age=900.0)),
        view(a_task(state=TaskState.FAILED, reason=Reason.NO_COMMITS, detail="none")),
        view(
            a_task(state=TaskState.READY),
            merge=a_merge(
                state=MergeState.REJECTED, rejection=Rejection.CONFLICT, detail="2 conflicts"
            ),
        ),
        view(a_task(state=TaskState.MERGED)),
    )
    found = standing_alerts(seen, Thresholds(), {1: "pytest"})
    question = asks.question
    assert question is not None
    assert [(each.topic, each.text) for each in found] == [
        (Topic.ATTENTION, f"needs you: asks to use {question.tool}: {question.summary}"),
        (Topic.PARKED, "is parked: no commits: none"),
        (Topic.ATTENTION, "needs you: merge rejected: 2 conflicts"),
        (
            Topic.ATTENTION,
            "needs you: main is red since it landed: pytest; take it back: wta undo fix-login",
        ),
    ]
    assert len({each.key for each in found}) == len(found)
    again = standing_alerts(replace(seen, at=later(900)), Thresholds(), {1: "pytest"})
    assert [each.key for each in again] == [each.key for each in found]


def test_what_has_happened_is_told_while_it_is_so() -> None:
    ready, merged = {"from": "active", "to": "ready"}, {"from": "merging", "to": "merged"}
    assert happened(an_event(ready), state=TaskState.READY) == ["ready: fix-login is ready"]
    assert happened(an_event(merged), state=TaskState.MERGED) == [
        "merged: fix-login has landed on main"
    ]
    assert happened(an_event(ready), state=TaskState.READY, merge_when_ready=True) == []
    assert happened(an_event(ready), state=TaskState.READY, needing=("fix-login",)) == []
    assert happened(an_event(ready), state=TaskState.MERGED) == []
    assert happened(an_event(ready | {"from": "merging"}), state=TaskState.READY) == []
    old = replace(an_event(ready), at=later(-4000))
    assert happened(old, state=TaskState.READY) == []
    suspected = {"liveness": "looping", "response": "nudge", "reasons": ["12 times \x1b[1mls"]}
    assert happened(an_event(suspected, EventKind.RUN_SUSPECTED)) == [
        "suspicion: fix-login goes in circles: 12 times ls: it was told"
    ]


def test_budgets_are_told_when_little_is_left_and_when_nothing_is() -> None:
    budget = Budget(day=Amount(usd=10.0), task=Amount(usd=1.0))
    waiting = replace(view(a_task(state=TaskState.QUEUED)), spent=Spent(usd=1.0))

    def told(usd: float) -> list[str]:
        ledger = Ledger(day=Spent(usd=usd))
        strains = shared_strains(budget, ledger)
        return [each.text for each in budget_alerts(snapshot(waiting), budget, strains)]

    task = "waits: budget.task_usd: $1.00 of $1.00 used"
    assert told(7.0) == [task]
    assert told(8.0) == ["nearly used up: budget.day_usd: $8.00 of $10.00 used", task]
    assert told(10.5) == ["used up: budget.day_usd: $10.50 of $10.00 used", task]


def test_one_line_for_each_topic() -> None:
    many = [an_alert(name) for name in "abcdefg"]
    landed = an_alert("x", Topic.MERGED, "has landed on main")
    ready = an_alert("x", Topic.READY, "is ready")
    one = an_alert("y", Topic.PARKED, "is parked: no commits")
    budget = an_alert("", Topic.BUDGET, "used up: budget.day_usd")
    assert compose([ready, landed, *many, one, budget], "wta: shop").lines == (
        "7 tasks need you: a, b, c, d, e and 2 more",
        "y is parked: no commits",
        "used up: budget.day_usd",
        "x has landed on main",
    )


@pytest.mark.parametrize(
    ("begin", "end", "hour", "quiet"),
    [(22, 7, 23, True), (22, 7, 6, True), (22, 7, 7, False), (9, 17, 9, True), (9, 17, 8, False)],
)
def test_quiet_hours_may_pass_midnight(begin: int, end: int, hour: int, quiet: bool) -> None:  # noqa: FBT001
    hours = QuietHours(begin=time(begin), end=time(end))
    local = datetime(2026, 11, 21, hour).astimezone()
    waiting = [replace(an_alert("a"), at=local)]
    assert hours.cover(local) is quiet
    assert is_due(waiting, local, batch=0.0, quiet=hours) is not quiet


def test_a_batch_is_over_in_time_whatever_the_clock_does() -> None:
    waiting = [an_alert(str(TaskName("a")))]
    due = {s: is_due(waiting, later(s), batch=5.0, quiet=None) for s in (0, 4, 5, -3600)}
    assert due == {0: False, 4: False, 5: True, -3600: True}
    assert not is_due([], NOW, batch=0.0, quiet=None)
