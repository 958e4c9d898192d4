"""Checks look at an agent's work before it is ready; what fails goes back to the agent."""

from __future__ import annotations

import pytest

from tests.support.fleet import Fleet, scenario, work
from wtagents.core.errors import StateError
from wtagents.core.run import ExitReason, Phase, Purpose
from wtagents.core.task import Reason, TaskState
from wtagents.operations.steering.accept import accept
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, retry, stop

pytestmark = pytest.mark.e2e


def test_a_green_check_makes_a_task_ready(fleet: Fleet) -> None:
    fleet.configure(verify={"commands": ["test -f work.txt", "true"]})
    fleet.spawn("a", *work())

    assert fleet.await_rest("a").state is TaskState.READY

    [run] = fleet.runs("a")
    assert run.exit is not None
    assert [(each.command, each.passed) for each in run.exit.checks] == [
        ("test -f work.txt", True),
        ("true", True),
    ]
    assert fleet.status("a").usage.cost_usd > 0


def test_what_fails_goes_back_into_the_conversation_and_a_person_may_accept_it(
    fleet: Fleet,
) -> None:
    fleet.configure(
        verify={"commands": ["true", "echo it is $(cat work.txt); false", "true"], "rounds": 2}
    )
    fleet.spawn("a", *work())

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.CHECKS_RED)
    assert task.detail.endswith("(after 2 rounds of mending)")
    runs = fleet.runs("a")
    assert [run.purpose for run in runs] == [Purpose.WORK, Purpose.MEND, Purpose.MEND]
    assert {run.session_id for run in runs} == {runs[0].session_id}
    assert fleet.endings("a") == [ExitReason.COMPLETED] * 3
    assert "$ echo it is $(cat work.txt); false\n" in runs[1].prompt
    assert "\nit is done\n" in runs[1].prompt
    assert runs[0].exit is not None
    assert [each.passed for each in runs[0].exit.checks] == [True, False]
    [accepted] = accept(fleet.context, ["a"]).data
    assert accepted.state is TaskState.READY
    assert fleet.status("a").attention == (
        "accepted by a person although a check fails: echo it is $(cat work.txt); false"
    )
    with pytest.raises(StateError, match="nothing is to be accepted of a: it is ready"):
        accept(fleet.context, ["a"])


def test_words_of_a_person_begin_the_rounds_anew(fleet: Fleet) -> None:
    fleet.configure(verify={"commands": ["test -f fixed.txt"], "rounds": 1})
    fleet.spawn("a", *work())
    assert fleet.await_rest("a").reason is Reason.CHECKS_RED
    retry(fleet.context, RetryRequest(name="a"))
    assert fleet.await_rest("a").reason is Reason.CHECKS_RED
    assert [run.purpose for run in fleet.runs("a")] == [
        Purpose.WORK,
        Purpose.MEND,
        Purpose.CONTINUE,
        Purpose.MEND,
    ]

    send(fleet.context, SendRequest(name="a", text=scenario(*work("fixed.txt"))))

    assert fleet.await_rest("a").state is TaskState.READY


def test_a_check_that_never_ends_is_stopped_with_all_below_it(fleet: Fleet) -> None:
    fleet.configure(verify={"commands": ["sleep 300 & sleep 300"], "rounds": 0, "timeout": "1s"})
    fleet.spawn("a", *work())

    task = fleet.await_rest("a")

    assert task.reason is Reason.CHECKS_RED
    assert "took too long" in task.detail
    fleet.await_gone("a")


def test_a_stop_ends_a_check(fleet: Fleet) -> None:
    fleet.configure(verify={"commands": ["sleep 300"]})
    fleet.spawn("a", *work())
    fleet.await_phase("a", Phase.CHECKING)

    stop(fleet.context, ["a"])

    assert fleet.task("a").state is TaskState.STOPPED
    fleet.await_gone("a")
