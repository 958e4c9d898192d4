"""What the model's server can do to the real Claude Code, and what becomes of the task."""

from __future__ import annotations

import pytest

from tests.support.api.script import Failure, Reply, Silence, Text, bash, text
from tests.support.claude_fleet import MODEL, ClaudeFleet, committed
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

TOO_LONG = Failure(status=400, message="prompt is too long: 210000 tokens > 200000 maximum")


@pytest.fixture(autouse=True)
def impatient(agents: ClaudeFleet) -> None:
    """Let Claude Code give up after one retry instead of half a minute of them."""
    agents.fleet.sandbox.set_variable("CLAUDE_CODE_MAX_RETRIES", "1")


def test_limits_and_overload_are_waited_for_and_a_wrong_key_needs_a_person(
    agents: ClaudeFleet,
) -> None:
    """All in one conversation, which goes on each time."""
    agents.spawn(
        "a",
        Failure(status=429, headers={"retry-after": "90"}),
        *committed("one.txt"),
        Failure(status=529, times=2),
        *committed("two.txt"),
        text("Done."),
        Failure(status=401, times=2),
    )

    task = agents.await_task("a", lambda task: task.reason is Reason.RATE_LIMITED)
    assert (task.state, task.attempts) == (TaskState.QUEUED, 0)
    wait = agents.fleet.status("a").wait
    assert wait is not None
    assert wait.until is not None
    assert (wait.until - task.changed_at).total_seconds() > 60
    assert len(agents.requests("a")) == 1

    agents.type("retry", "a")
    task = agents.await_rest("a")
    assert (task.state, task.attempts) == (TaskState.READY, 0)
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    assert "request failed" in agents.type("logs", "a").out

    asked = len(agents.requests("a"))
    agents.shell.wta("send", "a", "Go on.", "--timeout", "1s")
    task = agents.await_task("a", lambda task: task.state is TaskState.FAILED)
    assert task.reason is Reason.AUTHENTICATION
    assert len(agents.requests("a")) == asked + 2
    assert agents.page("a")["attention"].startswith("authentication: ")
    assert agents.fleet.endings("a") == [
        ExitReason.RATE_LIMITED,
        ExitReason.OVERLOADED,
        ExitReason.COMPLETED,
        ExitReason.AUTHENTICATION,
    ]
    first, *later = agents.fleet.runs("a")
    assert {(run.session_id, run.resumes) for run in later} == {(first.session_id, True)}


def test_a_run_outlives_silence_a_cut_stream_a_full_model_and_a_long_history(
    agents: ClaudeFleet,
) -> None:
    agents.fleet.sandbox.set_variable("CLAUDE_CODE_MAX_RETRIES", "2")
    agents.fleet.sandbox.set_variable("CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS", "10000")
    agents.configure(limits={"quiet_after": "1s"}, agent={"fallback_models": ["claude-sonnet-4-5"]})
    agents.spawn(
        "a",
        Silence(hold="never", headers=True),
        bash("echo one"),
        Reply(content=(Text(text="words that never end"),), cut_after=4),
        bash("echo two"),
        TOO_LONG,
        text("<summary>A file was wanted.</summary>"),
        bash("echo three"),
        Failure(status=529, times=3),
        *committed(),
        text("Done."),
    )
    agents.api.wait_held("never")
    agents.await_page("a", lambda page: page["liveness"] == "quiet")
    agents.await_said("a", "compact_boundary")

    assert agents.await_rest("a").state is TaskState.READY

    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
    assert "history summarised" in agents.type("logs", "a").out
    models = [request.model for request in agents.requests("a")]
    assert (models[0], models[-1]) == (MODEL, "claude-sonnet-4-5")


def test_a_prompt_that_never_fits_needs_a_person(agents: ClaudeFleet) -> None:
    agents.script("a", then=TOO_LONG)
    agents.type("spawn", "a", "[[script:a]] Do a.")

    task = agents.await_rest("a")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.PROMPT_TOO_LONG)
    assert task.detail.startswith("Prompt is too long")
