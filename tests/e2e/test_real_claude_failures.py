"""What the model's server can do to the real Claude Code, and what becomes of the task."""

from __future__ import annotations

import pytest

from tests.support.api.script import Failure, Reply, Silence, Text, bash, text
from tests.support.claude_fleet import ClaudeFleet, committed
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

TOO_LONG = Failure(status=400, message="prompt is too long: 210000 tokens > 200000 maximum")


@pytest.fixture(autouse=True)
def impatient(agents: ClaudeFleet) -> None:
    """Let Claude Code give up after one retry instead of half a minute of them."""
    agents.fleet.sandbox.set_variable("CLAUDE_CODE_MAX_RETRIES", "1")


def test_a_wrong_key_needs_a_person(agents: ClaudeFleet) -> None:
    agents.spawn("a", Failure(status=401, times=2))

    task = agents.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.AUTHENTICATION)
    assert agents.fleet.endings("a") == [ExitReason.AUTHENTICATION]
    assert len(agents.requests("a")) == 2
    assert agents.page("a")["attention"].startswith("authentication: ")


def test_a_rate_limit_is_waited_for_and_costs_no_attempt(agents: ClaudeFleet) -> None:
    agents.spawn(
        "a",
        Failure(status=429, headers={"retry-after": "90"}),
        *committed(),
        text("Done."),
    )

    task = agents.await_task("a", lambda task: task.reason is Reason.RATE_LIMITED)

    assert (task.state, task.attempts) == (TaskState.QUEUED, 0)
    assert task.not_before is not None
    assert (task.not_before - task.changed_at).total_seconds() > 60
    assert len(agents.requests("a")) == 1
    agents.type("retry", "a")
    assert agents.await_rest("a").state is TaskState.READY
    first, second = agents.fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)


def test_an_overloaded_server_is_waited_out_and_the_conversation_goes_on(
    agents: ClaudeFleet,
) -> None:
    agents.spawn(
        "a",
        *committed("one.txt"),
        Failure(status=529, times=2),
        *committed("two.txt"),
        text("Done."),
    )

    task = agents.await_rest("a")

    assert (task.state, task.attempts) == (TaskState.READY, 0)
    assert agents.fleet.endings("a") == [ExitReason.OVERLOADED, ExitReason.COMPLETED]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    assert "request failed" in agents.type("logs", "a").out


def test_a_model_without_room_is_left_for_the_next_one_within_the_run(
    agents: ClaudeFleet,
) -> None:
    agents.fleet.sandbox.set_variable("CLAUDE_CODE_MAX_RETRIES", "2")
    agents.configure(agent={"fallback_models": ["claude-sonnet-4-5"]})
    agents.spawn("a", Failure(status=529, times=3), *committed(), text("Done."))

    assert agents.await_rest("a").state is TaskState.READY

    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]


def test_a_cut_stream_is_asked_again_within_the_run(agents: ClaudeFleet) -> None:
    cut = Reply(content=(Text(text="words that never end"),), cut_after=4)
    agents.spawn("a", cut, *committed(), text("Done."))

    assert agents.await_rest("a").state is TaskState.READY

    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]


def test_a_silent_server_is_named_and_given_up(agents: ClaudeFleet) -> None:
    agents.fleet.sandbox.set_variable("CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS", "10000")
    agents.configure(limits={"quiet_after": "1s"})
    agents.spawn("a", Silence(hold="never", headers=True), *committed(), text("Done."))
    agents.api.wait_held("never")

    agents.await_page("a", lambda page: page["liveness"] == "quiet")

    assert agents.await_rest("a").state is TaskState.READY
    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]


def test_a_history_that_is_too_long_is_summarised(agents: ClaudeFleet) -> None:
    summary = text("<summary>A file was wanted.</summary>")
    agents.spawn("a", bash("echo one"), TOO_LONG, summary, *committed(), text("Done."))

    assert agents.await_rest("a").state is TaskState.READY

    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
    assert "history summarised" in agents.type("logs", "a").out


def test_a_prompt_that_never_fits_needs_a_person(agents: ClaudeFleet) -> None:
    agents.script("a", then=TOO_LONG)
    agents.type("spawn", "a", "[[script:a]] Do a.")

    task = agents.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.PROMPT_TOO_LONG)
    assert task.detail.startswith("Prompt is too long")
