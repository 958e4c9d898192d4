"""Whoever is killed while the real Claude Code works: nothing is lost, nobody is there twice."""

from __future__ import annotations

import pytest

from tests.support.api.script import bash, text
from tests.support.claude_fleet import ClaudeFleet, committed
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.agent.wording import load_words
from wtagents.core.run import ExitReason
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]


def test_killed_in_a_tool_the_conversation_goes_on(agents: ClaudeFleet) -> None:
    """First the agent is killed, then the runner of the next one."""
    watch = agents.watch()
    agents.spawn(
        "a",
        *committed("one.txt"),
        bash("touch running; sleep 600"),
        bash("touch again; sleep 600"),
        bash("rm running again"),
        *committed("two.txt"),
        text("Done."),
    )
    agents.await_file("a", "running")
    agents.await_saved("a", "touch running")
    kill_hard(agents.fleet.agent("a").pid)
    agents.await_file("a", "again")
    agents.await_saved("a", "touch again")
    kill_hard(agents.fleet.runner("a").pid)

    assert agents.await_rest("a").state is TaskState.READY
    first, *later = agents.fleet.runs("a")
    assert [(run.session_id, run.resumes) for run in later] == [(first.session_id, True)] * 2
    lost = [ExitReason.LOST] * 2
    assert agents.fleet.endings("a") == [*lost, ExitReason.COMPLETED]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    for number, is_error in ((2, [False, True]), (3, [False, True, True])):
        resumed = agents.requests("a")[number]
        assert [result.is_error for result in resumed.tool_results] == is_error
        assert resumed.user_texts[-1] == load_words("continue")
    assert watch.starts() == ["a"] * 3
    assert watch.overlaps() == []


def test_without_its_supervisor_an_agent_goes_on_and_the_next_tick_notes_it(
    agents: ClaudeFleet,
) -> None:
    running = bash("touch running; while [ ! -e go ]; do sleep 0.02; done; rm running go")
    agents.spawn("a", running, *committed(), text("Done."))
    agents.await_file("a", "running")
    agent = agents.fleet.agent("a")

    agents.kill_supervisor()
    (agents.place("a") / "go").touch()
    wait_until(lambda: not agents.fleet.processes("a"), what=lambda: agents.fleet.describe("a"))

    assert agents.fleet.task("a").state is TaskState.ACTIVE
    assert agents.fleet.agent("a") == agent
    agents.type("supervise", "--once")
    assert agents.fleet.task("a").state is TaskState.READY
    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
