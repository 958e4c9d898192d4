"""Tasks that are spawned with a resource profile, and so many of them at once."""

from __future__ import annotations

import threading

import pytest

from tests.support.fleet import Fleet, work
from wtagents.core.errors import UsageError
from wtagents.core.task import TaskState
from wtagents.core.tending.pause import EVERYTHING
from wtagents.operations.context import Context
from wtagents.operations.tick import tick
from wtagents.store.pauses import add_pause, end_pause

pytestmark = pytest.mark.e2e

HEAVY = {"profile": "heavy"}


def test_a_task_keeps_what_it_was_spawned_with(fleet: Fleet) -> None:
    with pytest.raises(UsageError, match="there is no profile 'huge'"):
        fleet.spawn("none", *work(), spec={"profile": "huge"})
    fleet.spawn("a", "wait 30", spec=HEAVY)
    fleet.spawn("b", "wait 30", spec=HEAVY | {"model": "sonnet", "budget_usd": 3.0})
    [said] = fleet.spawn("c", *work(), spec=HEAVY).messages
    fleet.spawn("d", *work())

    a, b = fleet.task("a").agent, fleet.task("b").agent
    assert (a.profile, a.model, a.budget_usd) == ("heavy", "opus", 20.0)
    assert (b.profile, b.model, b.budget_usd) == ("heavy", "sonnet", 3.0)
    assert said == "waits: 2 of 2 heavy agents run: the task starts by itself"
    assert fleet.await_rest("d").state is TaskState.READY
    assert fleet.status("c").wait is not None


def test_two_ticks_at_once_exceed_no_number(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": 2, "per_model": 1})
    with fleet.context.database.write() as db:
        add_pause(db, EVERYTHING, fleet.context.clock.now())
    for name in "abcd":
        fleet.spawn(name, "wait 30", spec={"model": "opus" if name < "d" else "haiku"})
    with fleet.context.database.write() as db:
        end_pause(db, EVERYTHING, fleet.context.clock.now())
    start = threading.Barrier(3)

    def act() -> None:
        own = Context(fleet.repository.path)
        start.wait(timeout=20)
        tick(own)
        own.close()

    acts = [threading.Thread(target=act) for _ in range(3)]
    for each in acts:
        each.start()
    for each in acts:
        each.join()

    fleet.tick()
    live = [fleet.task(name).name for name in "abcd" if fleet.task(name).state is TaskState.ACTIVE]
    assert live == ["a", "d"]
