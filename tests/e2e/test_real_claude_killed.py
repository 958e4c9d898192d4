"""Whoever is killed while the real Claude Code works: nothing is lost, nobody is there twice."""

from __future__ import annotations

import pytest

from tests.support.api.script import bash, text
from tests.support.claude_fleet import ClaudeFleet, committed
from tests.support.processes import kill_hard
from wtagents.agent.wording import load_words
from wtagents.core.run import ExitReason
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

IN_TOOL = bash("touch running; sleep 600")


@pytest.mark.parametrize("victims", [("agent",), ("runner",), ("agent", "runner")], ids="+".join)
def test_killed_in_a_tool_the_conversation_goes_on(
    agents: ClaudeFleet, victims: tuple[str, ...]
) -> None:
    watch = agents.watch()
    agents.spawn(
        "a",
        *committed("one.txt"),
        IN_TOOL,
        bash("rm running"),
        *committed("two.txt"),
        text("Done."),
    )
    agents.await_file("a", "running")
    agents.await_saved("a", "touch running")
    found = {"agent": agents.fleet.agent("a"), "runner": agents.fleet.runner("a")}

    for victim in victims:
        kill_hard(found[victim].pid)

    assert agents.await_rest("a").state is TaskState.READY
    first, second = agents.fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert agents.fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    resumed = agents.requests("a")[2]
    assert [result.is_error for result in resumed.tool_results] == [False, True]
    assert resumed.user_texts[-1] == load_words("continue")
    assert watch.starts() == ["a", "a"]
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
    agents.fleet.await_gone("a")

    assert agents.fleet.task("a").state is TaskState.ACTIVE
    assert agents.fleet.agent("a") == agent
    agents.type("supervise", "--once")
    assert agents.fleet.task("a").state is TaskState.READY
    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
