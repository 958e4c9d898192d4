"""The life of a task with the built-in agent: real worktrees, runners, agents and commits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.fleet import Fleet, scenario, work
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import ExitCode
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.admission import Bar
from wtagents.core.tending.failure import Fault
from wtagents.operations.steering.answer import AnswerRequest, answer
from wtagents.operations.steering.interrupt import interrupt
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, retry, stop
from wtagents.operations.telling.parked import parked

pytestmark = pytest.mark.e2e


def test_from_the_wish_to_a_branch_with_a_commit(fleet: Fleet) -> None:
    spawned = fleet.spawn("fix/login", 'say "Hello."', *work("login.txt"), 'say "Done."').data

    assert spawned.run is not None
    assert spawned.task.worktree == fleet.repository.path.parent / "project-worktrees/fix-login"
    task = fleet.await_rest("fix/login")
    assert (task.state, task.reason, task.detail) == (TaskState.READY, None, "")
    assert fleet.repository.graph("main", "wta/fix/login") == "* Add login.txt\n* Begin"
    assert fleet.worktree("fix/login").status() == []
    assert fleet.endings("fix/login") == [ExitReason.COMPLETED]
    fleet.await_gone("fix/login")
    item = fleet.status("fix/login")
    assert (item.attention, item.liveness, item.waiting_messages) == ("", None, 0)
    assert item.worktree is not None
    assert (item.worktree.commits, item.worktree.insertions) == (1, 1)
    assert item.usage.cost_usd > 0
    assert fleet.tick().applied == 0


def test_a_message_in_the_middle_of_a_turn_is_taken_along(fleet: Fleet) -> None:
    fleet.spawn("a", "listen 20", *work())
    fleet.await_phase("a", Phase.THINKING)

    sent = send(fleet.context, SendRequest(name="a", text="also the changelog"))

    assert sent.exit_code is ExitCode.OK
    assert sent.data.message.delivered_at is not None
    assert sent.data.message.run_id == fleet.run("a").id
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.COMPLETED]
    assert "Noted: also the changelog" in fleet.said("a")


def test_a_message_to_a_task_at_rest_begins_a_turn_of_the_same_conversation(fleet: Fleet) -> None:
    fleet.spawn("a", *work("one.txt"))
    fleet.await_state("a", TaskState.READY)

    sent = send(fleet.context, SendRequest(name="a", text=scenario(*work("two.txt"))))

    assert sent.data.message.delivered_at is not None
    assert fleet.await_rest("a").state is TaskState.READY
    first, second = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    assert "Go on with the task" not in fleet.said("a")


@pytest.mark.parametrize("allow", [True, False], ids=["allowed", "denied"])
def test_a_permission_is_asked_and_answered(fleet: Fleet, *, allow: bool) -> None:
    fleet.spawn("a", 'ask Bash "git push"', *work())

    asking = fleet.await_phase("a", Phase.ASKING)
    assert asking.attention == "asks to use Bash: git push"
    answered = answer(fleet.context, AnswerRequest(name="a", allow=allow, message="not now"))

    assert answered.data.message.delivered_at is not None
    task = fleet.await_rest("a")
    assert task.state is TaskState.READY
    assert task.detail == ("" if allow else "denied: Bash: git push")
    assert ("not now" in fleet.said("a")) is not allow


def test_an_interrupt_ends_the_turn_and_the_task_rests(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60", *work())
    fleet.await_doing("a", "sleep 60")

    assert interrupt(fleet.context, "a").data.delivered_at is not None

    task = fleet.await_rest("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    fleet.await_gone("a")
    send(fleet.context, SendRequest(name="a", text=scenario(*work())))
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.repository.subjects("main..wta/a") == ["Add work.txt"]


def test_uncommitted_work_is_asked_for_once_and_committed(fleet: Fleet) -> None:
    fleet.spawn("a", "write left.txt <<END", "x", "END", 'say "Done."')

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.COMPLETED, ExitReason.COMPLETED]
    assert fleet.repository.subjects("main..wta/a") == ["Commit what was left"]


def test_uncommitted_work_that_stays_needs_a_person(fleet: Fleet) -> None:
    fleet.spawn("a", "stubborn", "write left.txt <<END", "x", "END")

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.UNCOMMITTED)
    assert fleet.status("a").attention == "uncommitted: 1 path is not committed"
    assert len(fleet.runs("a")) == 2
    assert fleet.worktree("a").status() == ["?? left.txt"]
    assert fleet.tick().applied == 0


def test_no_commit_is_no_success(fleet: Fleet) -> None:
    fleet.spawn("a", 'say "Nothing to do."')

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.NO_COMMITS)
    assert fleet.status("a").attention == "no commits: the agent made no commit"


def test_a_run_ends_at_its_time(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60", spec={"timeout_seconds": 0.5})

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.TIMED_OUT)
    fleet.await_gone("a")


def test_a_run_ends_at_its_budget_and_at_its_turns(fleet: Fleet) -> None:
    fleet.spawn("rich", "run true", "run true", *work(), spec={"budget_usd": 0.0015})
    fleet.spawn("long", "run true", "run true", *work(), spec={"max_turns": 1})

    assert fleet.await_rest("rich").reason is Reason.BUDGET
    assert fleet.await_rest("long").reason is Reason.MAX_TURNS


def test_a_crash_is_resumed_behind_the_step_that_ran(fleet: Fleet) -> None:
    fleet.spawn("a", *work("one.txt"), "crash", *work("two.txt"))

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    first, second = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]


def test_an_agent_that_always_crashes_rests_with_its_reason(fleet: Fleet) -> None:
    fleet.configure(limits={"retries": 1})
    fleet.spawn("a", *(["crash"] * 9))

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.LOST)
    assert task.detail == "killed by SIGKILL before it reported an end (after 2 attempts)"
    assert fleet.endings("a") == [ExitReason.LOST] * 2
    assert fleet.tick().applied == 0


def test_a_wrong_key_is_not_tried_again(fleet: Fleet) -> None:
    fleet.spawn("a", "fail authentication", *work())

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.AUTHENTICATION)
    assert fleet.endings("a") == [ExitReason.AUTHENTICATION]


def test_an_account_without_credit_is_called_so(fleet: Fleet) -> None:
    fleet.spawn("a", "fail billing", *work())

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.AUTHENTICATION)
    assert fleet.endings("a") == [ExitReason.BILLING]
    assert fleet.status("a").attention == "billing: Credit balance is too low"


def test_a_rate_limit_is_waited_for_and_costs_no_attempt(fleet: Fleet) -> None:
    fleet.spawn("a", "fail rate_limit 3", *work())

    waiting = fleet.await_state("a", TaskState.QUEUED)
    assert waiting.reason is Reason.RATE_LIMITED
    assert waiting.not_before is not None
    assert 0 < (waiting.not_before - fleet.context.clock.now()).total_seconds() <= 3.3
    [said] = fleet.spawn("b", *work("b.txt")).messages
    assert re.fullmatch(r"rate limited until \d\d:\d\d: the task starts by itself", said)
    assert fleet.tick().applied == 0
    assert {item.wait.bar for item in map(fleet.status, "ab") if item.wait} == {Bar.LIMIT}
    task = fleet.await_rest("a")
    assert (task.state, task.attempts) == (TaskState.READY, 0)
    assert fleet.runs("a")[1].created_at >= waiting.not_before
    fleet.await_rest("b")
    assert len(fleet.runs("b")) == 1


def test_a_limit_holds_in_every_repository_until_a_person_says_otherwise(
    fleet: Fleet, tmp_path: Path, template: Path
) -> None:
    other = Fleet(
        repository=RepositoryBuilder.begun(tmp_path / "other", template=template),
        sandbox=fleet.sandbox,
    )
    fleet.spawn("a", "fail rate_limit 600", *work())
    fleet.await_state("a", TaskState.QUEUED)

    [said] = other.spawn("b", *work()).messages

    assert re.fullmatch(r"rate limited until .*: the task starts by itself", said)
    assert other.tick().applied == 0
    retry(other.context, RetryRequest(name="b"))
    assert other.await_rest("b").state is TaskState.READY
    assert fleet.tick().applied == 0
    other.end()


def test_an_overloaded_service_is_waited_out_and_a_prompt_too_long_is_parked(fleet: Fleet) -> None:
    fleet.configure(agent={"fallback_models": ["second"]})
    fleet.spawn("a", "fail overloaded", "fail overloaded", "fail prompt_too_long", *work())

    task = fleet.await_rest("a")

    assert (task.state, task.reason, task.attempts) == (
        TaskState.FAILED,
        Reason.PROMPT_TOO_LONG,
        0,
    )
    assert fleet.endings("a") == [
        ExitReason.OVERLOADED,
        ExitReason.OVERLOADED,
        ExitReason.PROMPT_TOO_LONG,
    ]
    assert [run.model for run in fleet.runs("a")] == ["", "second", ""]
    [found] = parked(fleet.context).data
    assert (found.name, found.fault, found.runs) == ("a", Fault.SETTLED, 3)
    assert found.next == "wta retry a --fresh"
    assert found.usage == fleet.status("a").usage


def test_tasks_that_fail_alike_hold_the_next_one_back_until_one_is_answered(fleet: Fleet) -> None:
    fleet.configure(limits={"breaker": 2})
    for name in "ab":
        fleet.spawn(name, "fail authentication", *work(f"{name}.txt"))
        fleet.await_rest(name)

    [said] = fleet.spawn("c", *work("c.txt")).messages
    assert re.sub(r"\d\d:\d\d", "TIME", said) == (
        "waits until TIME: 2 tasks failed alike (authentication): the task starts by itself"
    )
    assert fleet.tick().applied == 0

    retry(fleet.context, RetryRequest(name="a"))
    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.await_rest("c").state is TaskState.READY


def test_a_retry_goes_on_or_begins_anew(fleet: Fleet) -> None:
    fleet.spawn("a", "run true")
    assert fleet.await_rest("a").reason is Reason.NO_COMMITS

    retry(fleet.context, RetryRequest(name="a"))
    assert fleet.await_rest("a").reason is Reason.NO_COMMITS
    retry(fleet.context, RetryRequest(name="a", fresh=True, message=scenario(*work())))
    assert fleet.await_rest("a").state is TaskState.READY

    first, second, third = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert (third.session_id, third.resumes) == (third.id, False)
    assert third.prompt == scenario("run true")


def test_a_retry_ends_the_pause_before_the_next_try(fleet: Fleet) -> None:
    fleet.configure(limits={"retry_pause": "1h"})
    fleet.spawn("a", "crash", *work())
    assert fleet.await_state("a", TaskState.QUEUED).reason is Reason.LOST

    retry(fleet.context, RetryRequest(name="a"))

    assert fleet.await_rest("a").state is TaskState.READY


def test_a_task_that_was_stopped_goes_on_after_a_retry(fleet: Fleet) -> None:
    fleet.spawn("a", "wait 60", *work())
    fleet.await_doing("a", "sleep 60")

    (task,) = stop(fleet.context, ["a"]).data
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    fleet.await_gone("a")
    assert fleet.tick().applied == 0
    retry(fleet.context, RetryRequest(name="a", message=scenario(*work())))

    assert fleet.await_rest("a").state is TaskState.READY
