"""The queue as a person sees it, and how a wish to land is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from wtagents.cli.pages.queue_text import queue_lines
from wtagents.cli.style import Style
from wtagents.core.errors import NotFoundError, StateError, UsageError
from wtagents.core.landing.merge import MergeState
from wtagents.core.task import TaskState
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.queue import queue
from wtagents.operations.withdraw import withdraw
from wtagents.store.after import add_after
from wtagents.store.merges import add_merge_request, move_merge_request
from wtagents.store.tasks import set_merge_when_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder) -> Iterator[Fleet]:
    """Return a fleet whose time stands still."""
    built = Fleet(repository, clock=ManualClock())
    yield built
    built.context.close()


def ask(fleet: Fleet, *names: str, minutes_ago: float = 0) -> None:
    for name in names:
        task = fleet.row(name)
        with fleet.context.database.write() as db:
            add_merge_request(
                db,
                task_id=task.id,
                target=task.target,
                squash=False,
                skip_gate=False,
                at=fleet.context.clock.now() - timedelta(minutes=minutes_ago),
            )


def move(fleet: Fleet, name: str, *states: MergeState) -> None:
    request = fleet.request(name)
    with fleet.context.database.write() as db:
        for state in states:
            move_merge_request(db, request.id, state, at=fleet.context.clock.now())


def lines(fleet: Fleet) -> list[str]:
    data = queue(fleet.context).data
    return list(queue_lines(data, Style(color=False, width=90), now=fleet.context.clock.now()))


def test_an_empty_queue_says_so(fleet: Fleet) -> None:
    assert lines(fleet) == [
        "nothing waits to land",
        "batches of up to 16 branches, 1 tree verified at a time",
        "5% of landings are taken to fail (measured on 0)",
        "not verified: no gate is configured",
    ]


def test_order_batches_and_reasons(fleet: Fleet) -> None:
    fleet.use(gate=["true"], slots=2)
    fleet.main.commit({"shared.txt": "1\n2\n3\n"}, "Share")
    fleet.task("measured", {"m.txt": "m\n"})
    merge(fleet.context, MergeRequestOptions(names=("measured",)))
    fleet.task("rival", {"shared.txt": "1\nrival\n3\n"})
    fleet.task("elder", {"shared.txt": "1\nelder\n3\n", "more.txt": "x\n"})
    fleet.task("large", {f"{n}.txt": "x\n" for n in range(5)})
    fleet.task("small", {"s.txt": "s\n"})
    fleet.task("later", {"l.txt": "l\n"})
    fleet.task("base", {"b.txt": "b\n"})
    ask(fleet, "elder", minutes_ago=9)
    ask(fleet, "rival", "large", "small", "later")
    later, base = fleet.row("later").id, fleet.row("base").id
    with fleet.context.database.write() as db:
        add_after(db, later, [base])
    before = fleet.main.refs()
    assert lines(fleet) == [
        "BATCH  TASK   STATE    WHY                                    ASKED  EXPECTED",
        "    1  elder  waiting  next                                      9m        0s",
        "    1  small  waiting  next                                      0s        0s",
        "    1  large  waiting  next                                      0s        0s",
        "    2  rival  waiting  clashes with elder, which comes first     0s        0s",
        "       later  waiting  lands after base                          0s",
        "batches of up to 16 branches, 2 trees verified at a time",
        "5% of landings are taken to fail (measured on 1), gates take 0s",
    ]
    assert fleet.main.refs() == before
    outcomes = {each.task: each.state for each in land_waiting(fleet.context)}
    assert outcomes == {
        "elder": MergeState.MERGED,
        "small": MergeState.MERGED,
        "large": MergeState.MERGED,
        "rival": MergeState.REJECTED,
    }
    assert fleet.request("later").state is MergeState.WAITING
    ask(fleet, "base")
    assert {each.task: each.state for each in land_waiting(fleet.context)} == {
        "base": MergeState.MERGED,
        "later": MergeState.MERGED,
    }
    assert fleet.main.subjects("-2") == ["Do later", "Do base"]


def test_what_lands_now_stands_first(fleet: Fleet) -> None:
    for name in ("one", "two"):
        fleet.task(name, {f"{name}.txt": name})
    ask(fleet, "one", "two")
    move(fleet, "one", MergeState.REPLAYING, MergeState.GATING)
    assert [
        (each.task, each.state, each.batch, each.why) for each in queue(fleet.context).data.entries
    ] == [
        ("one", MergeState.GATING, 1, "landing now"),
        ("two", MergeState.WAITING, 2, "next"),
    ]


def test_a_withdrawn_wish_is_gone_also_where_it_came_by_itself(fleet: Fleet) -> None:
    for name in ("one", "two"):
        fleet.task(name, {f"{name}.txt": name})
    ask(fleet, "one", "two")
    one, now = fleet.row("one").id, fleet.context.clock.now()
    with fleet.context.database.write() as db:
        set_merge_when_ready(db, one, now, wanted=True)
    (outcome,) = withdraw(fleet.context, ("one", "one")).data
    assert (outcome.task, outcome.state) == ("one", MergeState.WITHDRAWN)
    assert outcome.detail == "withdrawn by a person"
    assert (fleet.row("one").state, fleet.row("one").merge_when_ready) == (TaskState.READY, False)
    assert [each.task for each in land_waiting(fleet.context)] == ["two"]
    with pytest.raises(StateError, match="task one does not wait to land"):
        withdraw(fleet.context, ("one",))


def test_what_cannot_be_taken_back_is_said_and_nothing_else_is(fleet: Fleet) -> None:
    for name in ("one", "two"):
        fleet.task(name, {f"{name}.txt": name})
    ask(fleet, "one", "two")
    move(fleet, "two", MergeState.REPLAYING, MergeState.GATING, MergeState.ADVANCING)
    with pytest.raises(StateError, match="task two is landing at this moment"):
        withdraw(fleet.context, ("one", "two"))
    assert fleet.request("one").state is MergeState.WAITING, "all or none"
    with pytest.raises(NotFoundError):
        withdraw(fleet.context, ("one", "three"))
    with pytest.raises(UsageError):
        withdraw(fleet.context, ())
