"""Killed at the moments that are hard for a conversation: before it is saved, asked, with words."""

from __future__ import annotations

import json

import pytest

from tests.support.api.script import bash, text
from tests.support.claude_fleet import ClaudeFleet, committed
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

WORDS = "Also the changelog."


def test_killed_while_it_asks_the_question_is_withdrawn(agents: ClaudeFleet) -> None:
    agents.configure(allow=("Bash(git *)",))
    asked = "python3 -c 'print(6 * 7)'"
    agents.spawn("a", bash(asked), *committed(), text("Done."))
    agents.await_phase("a", Phase.ASKING)
    agents.await_saved("a", "print(6 * 7)")

    kill_hard(agents.fleet.agent("a").pid)

    assert agents.await_rest("a").state is TaskState.READY
    assert agents.fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert agents.page("a")["attention"] == ""
    (result, *_) = agents.requests("a")[1].tool_results
    assert (result.is_error, "outcome is unknown" in result.text) == (True, True)


def test_words_that_were_only_queued_when_it_was_killed_arrive_once(agents: ClaudeFleet) -> None:
    endless = bash("touch running; sleep 600")
    agents.spawn("a", endless, bash("rm running"), *committed(), text("Done."))
    agents.await_file("a", "running")
    agents.await_saved("a", "touch running")
    assert agents.shell.wta("send", "a", WORDS, "--timeout", "1s").status == 1
    wait_until(lambda: agents.fleet.said("a").count('"state":"queued"') == 2)

    kill_hard(agents.fleet.agent("a").pid)

    assert agents.await_rest("a").state is TaskState.READY
    assert agents.fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert json.dumps(agents.requests("a")[-1].body["messages"]).count(WORDS) == 1
    (message,) = agents.fleet.messages("a")
    assert message.run_id == agents.fleet.run("a").id


def test_when_all_are_killed_ticks_bring_it_home(agents: ClaudeFleet) -> None:
    watch = agents.watch()
    endless = bash("touch running; sleep 600")
    agents.spawn("a", *committed("one.txt"), endless, bash("rm running"), text("Done."))
    agents.await_file("a", "running")
    agents.await_saved("a", "touch running")
    agents.kill_supervisor()
    for each in (agents.fleet.runner("a"), agents.fleet.agent("a")):
        kill_hard(each.pid)

    def is_ready() -> bool:
        agents.type("supervise", "--once")
        return agents.fleet.task("a").state is TaskState.READY

    wait_until(is_ready, what=lambda: agents.fleet.describe("a"))

    agents.fleet.await_gone("a")
    assert agents.fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add one.txt"]
    assert watch.starts() == ["a", "a"]
    assert watch.overlaps() == []
