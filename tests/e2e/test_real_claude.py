"""The main job with the real Claude Code, a scripted model, and `wta` as a person types it."""

from __future__ import annotations

import pytest

from tests.support.api.script import Usage, bash, text, write
from tests.support.claude_fleet import MODEL, ClaudeFleet, committed
from wtagents.core.run import ExitReason, Phase
from wtagents.core.task import Reason, TaskState
from wtagents.operations.starting.instructions import OPENING
from wtagents.operations.steering.interrupt import interrupt

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

RUNNING = bash("touch running; while [ ! -e go ]; do sleep 0.02; done; rm running go")
"""A command that runs until the test makes the file `go`."""
ASKED = "python3 -c 'print(6 * 7)'"
ENDLESS = bash("touch running; sleep 600")


def test_from_the_wish_to_main(agents: ClaudeFleet) -> None:
    agents.configure(merge={"resolver": "none", "gate": ["grep -q Hello greeting.py"]})
    place = agents.place("greeting")
    agents.spawn(
        "greeting",
        write(f"{place}/greeting.py", 'print("Hello")\n'),
        bash('echo "$WTA_TASK $WTA_WORKTREE $CLAUDE_AGENT_ID $CLAUDE_WORKTREE"'),
        bash("git add greeting.py && git commit -qm 'Add a greeting'"),
        text("The greeting is committed.", usage=Usage(input_tokens=50_000)),
    )

    assert agents.await_rest("greeting").state is TaskState.READY

    instructions = (place / "CLAUDE.local.md").read_text()
    told = instructions.removeprefix(f"{OPENING}\n").strip()
    assert told.startswith("# Task `greeting`")
    assert agents.requests("greeting")[0].contains(told)
    assert agents.results("greeting")[1].startswith(f"greeting {place} greeting {place}\n")
    page = agents.page("greeting")
    assert page["usage"] == {
        "cost_usd": pytest.approx(0.0534),
        "input_tokens": 53_000,
        "output_tokens": 80,
        "turns": 4,
        "context_tokens": 50_000,
        "context_window": 200_000,
        "model": MODEL,
    }
    shown = agents.type("status", "greeting").out.splitlines()
    assert f"agent     claude {MODEL}" in shown
    assert "usage     4 turns, 53k tokens in, 80 out, $0.05" in shown
    assert "context   25% of 200k tokens" in shown
    assert (page["worktree"]["commits"], page["worktree"]["uncommitted"]) == (1, 0)
    story = agents.type("logs", "greeting").out.splitlines()
    assert [line for line in story if not line.startswith("   ")] == [
        "- run 1",
        f"- turn begins (2.1.329 {MODEL} acceptEdits)",
        "> [[script:greeting]] Do greeting.",
        f"* Write: {place}/greeting.py",
        '* Bash: echo "$WTA_TASK $WTA_WORKTREE $CLAUDE_AGENT_ID $CLAUDE_WORKTREE"',
        "* Bash: git add greeting.py && git commit -qm 'Add a greeting'",
        "The greeting is committed.",
        "- turn ended, 4 requests, 0.0534 USD so far",
        "= run 1 ended, completed: The greeting is committed.",
    ]
    agents.type("merge", "greeting")
    assert agents.fleet.task("greeting").state is TaskState.MERGED
    assert agents.fleet.repository.graph("main") == "* Add a greeting\n* Begin"
    assert (agents.fleet.repository.path / "greeting.py").read_text() == 'print("Hello")\n'
    assert agents.fleet.repository.status() == []


@pytest.mark.parametrize("allow", [True, False], ids=["allowed", "denied"])
def test_a_permission_is_asked_and_answered(agents: ClaudeFleet, *, allow: bool) -> None:
    agents.configure(allow=("Bash(git *)",))
    agents.spawn("a", bash(ASKED), *committed(), text("Done."))
    agents.await_phase("a", Phase.ASKING)

    assert agents.page("a")["attention"] == f"asks to use Bash: {ASKED}"
    answer = ("--allow",) if allow else ("--deny", "--message", "Use the calculator.")
    agents.type("answer", "a", *answer)

    task = agents.await_rest("a")
    assert task.state is TaskState.READY
    assert task.detail == ("" if allow else f"denied: Bash: {ASKED}")
    told = agents.results("a")[0]
    assert told.startswith("42\n") is allow
    assert ("Use the calculator." in told) is not allow


def test_a_message_in_the_middle_of_a_turn_is_in_its_next_request(agents: ClaudeFleet) -> None:
    agents.spawn("a", RUNNING, *committed(), text("Done."))
    agents.await_file("a", "running")

    assert agents.shell.wta("send", "a", "Also the changelog.", "--timeout", "1s").status == 1
    agents.await_said("a", '"state":"queued"', count=2)
    (agents.place("a") / "go").touch()

    assert agents.await_rest("a").state is TaskState.READY
    first, second, *_ = agents.requests("a")
    assert not first.contains("Also the changelog.")
    assert second.contains("Also the changelog.")
    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
    (message,) = agents.fleet.messages("a")
    assert message.run_id == agents.fleet.run("a").id
    assert message.delivered_at is not None


def test_a_message_to_a_task_at_rest_goes_on_with_its_conversation(agents: ClaudeFleet) -> None:
    agents.spawn("a", *committed("one.txt"), text("One."), *committed("two.txt"), text("Two."))
    agents.await_rest("a")

    assert agents.type("send", "a", "Now the second.").out.splitlines()[0] == "delivered"

    assert agents.await_rest("a").state is TaskState.READY
    first, second = agents.fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    asked = agents.requests("a")[-1]
    assert asked.user_texts[-1] == "Now the second."
    assert asked.contains("Do a.")
    assert agents.page("a")["usage"]["cost_usd"] == pytest.approx(4 * 0.0011)


def test_an_interrupt_ends_the_turn_and_words_begin_the_next(agents: ClaudeFleet) -> None:
    agents.spawn("a", ENDLESS, bash("rm running"), *committed(), text("Done."))
    agents.await_file("a", "running")

    assert interrupt(agents.fleet.context, "a").data.delivered_at is not None

    task = agents.await_rest("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    agents.type("send", "a", "Go on without it.")
    assert agents.await_rest("a").state is TaskState.READY
    assert agents.requests("a")[1].contains("[Request interrupted by user for tool use]")
    assert agents.requests("a")[1].contains("Go on without it.")


def test_a_stop_in_a_tool_leaves_nobody_and_a_retry_goes_on(agents: ClaudeFleet) -> None:
    agents.spawn(
        "a",
        *committed("one.txt"),
        ENDLESS,
        bash("rm running"),
        *committed("two.txt"),
        text("Done."),
    )
    agents.await_file("a", "running")

    agents.type("stop", "a")

    agents.fleet.await_gone("a")
    task = agents.fleet.task("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    assert agents.fleet.worktree("a").status() == ["?? running"]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add one.txt"]
    agents.type("retry", "a")
    assert agents.await_rest("a").state is TaskState.READY
    first, second = agents.fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]


def test_work_that_is_left_uncommitted_is_asked_for_once(agents: ClaudeFleet) -> None:
    agents.spawn("a", bash("echo x > left.txt"), text("Done."), *committed("left.txt"), text("So."))
    agents.spawn("b", bash("echo x > left.txt"), text("Done."), text("I will not."))

    assert agents.await_rest("a").state is TaskState.READY
    task = agents.await_rest("b")

    assert (task.state, task.reason) == (TaskState.FAILED, Reason.UNCOMMITTED)
    for name in ("a", "b"):
        first, second = agents.fleet.runs(name)
        assert (second.session_id, second.resumes) == (first.session_id, True)
        words = agents.requests(name)[2].user_texts[-1]
        assert words.startswith("Your work on this task ended, but files in this worktree")
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add left.txt"]
    assert agents.page("b")["attention"] == "uncommitted: 1 path is not committed"
