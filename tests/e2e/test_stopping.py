"""Stopped means stopped: politely, then firmly, and no process of the run is left."""

from __future__ import annotations

import signal

import pytest

from tests.support.fleet import Fleet, work
from wtagents.core.errors import StateError
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.operations.steering.stop import cancel, stop
from wtagents.system.process import signal_processes

pytestmark = pytest.mark.e2e


def require_stopped(fleet: Fleet, name: str) -> None:
    task = fleet.task(name)
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    assert fleet.endings(name) == [ExitReason.STOPPED]
    fleet.await_gone(name)
    assert fleet.tick().applied == 0


def test_an_agent_that_ignores_every_request_is_killed(fleet: Fleet) -> None:
    fleet.spawn("a", "ignore-term", "run touch deaf", "hang")
    fleet.await_doing("a", "touch deaf")

    stop(fleet.context, ["a"])

    require_stopped(fleet, "a")


def test_what_an_agent_left_running_is_stopped_with_it(fleet: Fleet) -> None:
    fleet.spawn("a", "leave-child 600", "wait 60")
    fleet.await_doing("a", "sleep 60")
    assert len(fleet.processes("a")) == 3

    stop(fleet.context, ["a"])

    require_stopped(fleet, "a")


def test_what_an_agent_leaves_behind_ends_with_its_run(fleet: Fleet) -> None:
    fleet.spawn("a", "leave-child 600", *work())

    assert fleet.await_rest("a").state is TaskState.READY
    ended = fleet.run("a").exit
    assert ended is not None
    assert ended.survivors == 1
    fleet.await_gone("a")


def test_a_runner_that_does_not_answer_is_stopped_from_outside(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60")
    fleet.await_doing("a", "sleep 60")
    signal_processes([fleet.runner("a")], signal.SIGSTOP)

    stop(fleet.context, ["a"])

    require_stopped(fleet, "a")


def test_a_cancelled_task_keeps_its_worktree_and_its_branch(fleet: Fleet) -> None:
    fleet.spawn("a", *work("one.txt"), "wait 60")
    fleet.await_doing("a", "sleep 60")

    (task,) = cancel(fleet.context, ["a"]).data

    assert (task.state, task.reason) == (TaskState.CANCELLED, None)
    fleet.await_gone("a")
    assert fleet.repository.subjects("main..wta/a") == ["Add one.txt"]
    assert (task.worktree / "one.txt").exists()
    with pytest.raises(StateError, match="task a is cancelled already"):
        cancel(fleet.context, ["a"])


def test_a_task_that_waits_for_its_place_is_stopped_without_a_run(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": 1})
    fleet.spawn("first", "wait 60")
    waiting = fleet.spawn("second", *work())
    assert waiting.data.run is None

    (task,) = stop(fleet.context, ["second"]).data

    assert task.state is TaskState.STOPPED
    assert not task.worktree.exists()
    assert fleet.repository.git("branch", "--list", "wta/second") == ""
    stop(fleet.context, ["first"])
    assert fleet.tick().applied == 0
