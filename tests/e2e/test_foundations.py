"""A task that builds on another one starts from its ready branch and lands well after it."""

from __future__ import annotations

import pytest

from tests.support.fleet import Fleet, scenario, work
from tests.support.records import NOW
from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.task import TaskState
from wtagents.core.tending.admission import Bar
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import cancel
from wtagents.operations.steering.wait import Until, WaitRequest, wait
from wtagents.operations.telling.status_words import now_of

pytestmark = pytest.mark.e2e


def test_it_starts_when_the_other_one_is_ready_and_only_its_own_commits_are_its(
    fleet: Fleet,
) -> None:
    fleet.spawn("a", "run until test -e ../go; do sleep 0.05; done", *work("a.txt"))
    [said] = fleet.spawn("b", "run test -f a.txt", *work("b.txt"), after_ready="a").messages
    assert said == "waits for a, which is active: the task starts by itself"
    waiting = fleet.status("b").wait
    assert waiting is not None
    assert waiting.bar is Bar.FOUNDATION

    (fleet.task("a").worktree.parent / "go").touch()

    assert fleet.await_rest("b").state is TaskState.READY
    assert fleet.task("b").base == fleet.repository.tip("wta/a")
    item = fleet.status("b")
    assert item.worktree is not None
    assert item.worktree.commits == 1
    # What the other one adds later, and what lands before both, is replayed under it.
    send(fleet.context, SendRequest(name="a", text=scenario(*work("more.txt"))))
    assert fleet.await_rest("a").state is TaskState.READY
    fleet.repository.commit({"beside.txt": "x\n"})
    merged = merge(fleet.context, MergeRequestOptions(ready=True)).data
    assert [each.landed for each in merged] == [True, True]
    assert fleet.repository.subjects("main")[:3] == ["Add b.txt", "Add more.txt", "Add a.txt"]


def test_nobody_waits_for_what_only_a_person_can_end(fleet: Fleet) -> None:
    fleet.spawn("a", 'say "No."')
    assert fleet.await_rest("a").state is TaskState.FAILED
    fleet.spawn("b", *work("b.txt"), after_ready="a")
    asked = WaitRequest(names=("b",), until=Until.READY, timeout=20)

    assert wait(fleet.context, asked).exit_code is ExitCode.UNFULFILLED
    assert fleet.status("b").attention == "waits for a, which is failed"
    send(fleet.context, SendRequest(name="a", text=scenario(*work("a.txt"))))
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.await_rest("b").state is TaskState.READY


def test_a_landing_behind_a_task_at_rest_is_waited_for_by_nobody(fleet: Fleet) -> None:
    fleet.spawn("a", 'say "No."')
    fleet.spawn("b", "wait 30")
    assert fleet.await_rest("a").state is TaskState.FAILED
    fleet.spawn("c", *work("c.txt"), after=("a", "b"), merge=True)
    assert fleet.await_rest("c").state is TaskState.READY
    asked = WaitRequest(names=("c",), until=Until.MERGED, timeout=20)

    assert wait(fleet.context, asked).exit_code is ExitCode.UNFULFILLED
    assert now_of(fleet.status("c"), NOW) == "lands after a, which is failed"
    cancel(fleet.context, ["a"])
    assert now_of(fleet.status("c"), NOW) == "lands after b, which is active"
    cancel(fleet.context, ["b"])
    assert now_of(fleet.status("c"), NOW) == "lands by itself"


def test_it_starts_from_the_target_when_the_other_one_has_landed(fleet: Fleet) -> None:
    fleet.spawn("a", *work("a.txt"))
    fleet.await_rest("a")
    merge(fleet.context, MergeRequestOptions(names=("a",)))

    fleet.spawn("b", *work("b.txt"), after_ready="a")

    assert fleet.task("b").base == fleet.repository.tip("main")
    assert fleet.await_rest("b").state is TaskState.READY


def test_what_cannot_be_built_on_is_refused(fleet: Fleet) -> None:
    fleet.spawn("a", *work("a.txt"))
    fleet.await_rest("a")

    with pytest.raises(UsageError, match="both say where to start"):
        fleet.spawn("b", *work("b.txt"), after_ready="a", base="main")
    cancel(fleet.context, ["a"])
    with pytest.raises(StateError, match="task a is cancelled"):
        fleet.spawn("b", *work("b.txt"), after_ready="a")
