"""Killed at the moments that are hard for a conversation: before it is saved, asked, with words."""

from __future__ import annotations

import json

import pytest

from tests.support.api.script import Reply, Text, bash, text
from tests.support.claude_fleet import ClaudeFleet, committed
from tests.support.processes import kill_hard
from tests.support.waiting import wait_until
from wtagents.agent.wording import load_words
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

WORDS = "Also the changelog."


def test_killed_before_the_conversation_is_saved_it_is_begun_anew(agents: ClaudeFleet) -> None:
    watch = agents.watch()
    thinking = Reply(content=(Text(text="I will."),), hold="thinking")
    agents.spawn("a", thinking, *committed(), text("Done."))
    agents.api.wait_held("thinking")

    kill_hard(agents.fleet.agent("a").pid)

    assert agents.await_rest("a").state is TaskState.READY
    endings = agents.fleet.endings("a")
    assert (endings[0], endings[-1]) == (ExitReason.LOST, ExitReason.COMPLETED)
    assert set(endings[1:-1]) <= {ExitReason.CONVERSATION_LOST}
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add work.txt"]
    assert agents.requests("a")[-1].contains("Do a.")
    assert watch.overlaps() == []


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


def test_words_of_its_last_seconds_are_repeated_as_words_it_may_know(agents: ClaudeFleet) -> None:
    pause = bash("touch running; until test -e go; do sleep 0.02; done; rm running go")
    endless = bash("touch running; sleep 600")
    agents.spawn("a", pause, endless, bash("rm running"), *committed(), text("Done."))
    agents.await_file("a", "running")
    assert agents.shell.wta("send", "a", WORDS, "--timeout", "1s").status == 1
    wait_until(lambda: agents.fleet.said("a").count('"state":"queued"') == 2)
    (agents.fleet.task("a").worktree / "go").touch()
    agents.await_saved("a", "touch running; sleep 600")
    agents.kill_supervisor()

    for each in (agents.fleet.runner("a"), agents.fleet.agent("a")):
        kill_hard(each.pid)
    assert agents.fleet.await_rest("a").state is TaskState.READY

    assert agents.fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    last = agents.requests("a")[-1]
    assert WORDS in str(last.tool_results)
    assert WORDS not in last.user_texts
    assert any(each.endswith(f"{load_words('recall')}\n\n{WORDS}") for each in last.user_texts)


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
