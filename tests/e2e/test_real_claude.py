"""The main job with the real Claude Code, a scripted model, and `wta` as a person types it."""

from __future__ import annotations

import pytest

from tests.support.api.script import Usage, bash, text, tool, write
from tests.support.claude_fleet import MODEL, ClaudeFleet, committed
from wtagents.core.run import ExitReason, Phase, Purpose
from wtagents.core.task import Reason, TaskState
from wtagents.operations.starting.instructions import OPENING
from wtagents.operations.steering.interrupt import interrupt

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

RUNNING = bash("touch running; while [ ! -e go ]; do sleep 0.02; done; rm running go")
"""A command that runs until the test makes the file `go`."""
ASKED = "python3 -c 'print(6 * 7)'"
CHOICES = [
    {
        "question": "Which database?",
        "header": "Store",
        "options": [{"label": label, "description": ""} for label in ("Postgres", "SQLite")],
        "multiSelect": False,
    },
    {
        "question": "What else?",
        "header": "More",
        "options": [{"label": label, "description": ""} for label in ("A cache, small", "A page")],
        "multiSelect": True,
    },
]
DENIED = "python3 -c 'print(6 * 8)'"


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
        "* Write: greeting.py",
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


def test_permissions_and_choices_are_asked_and_answered(agents: ClaudeFleet) -> None:
    agents.configure(allow=("Bash(git *)",))
    wants = tool("AskUserQuestion", questions=CHOICES)
    agents.spawn("a", bash(ASKED), bash(DENIED), wants, *committed(), text("Done."))
    agents.await_phase("a", Phase.ASKING)

    assert agents.page("a")["attention"] == f"asks to use Bash: {ASKED}"
    agents.type("answer", "a", "--allow")
    agents.await_pulse("a", lambda pulse: pulse.question and DENIED in pulse.question.summary)
    agents.type("answer", "a", "--deny", "--message", "Use the calculator.")
    agents.await_pulse("a", lambda pulse: pulse.question and pulse.question.inquiries)
    assert agents.page("a")["attention"] == "asks: Which database? What else?"
    said = agents.type("answer", "a", "--choice", "2", "--choice", "1,2").out

    task = agents.await_rest("a")
    assert (task.state, task.detail) == (TaskState.READY, f"denied: Bash: {DENIED}")
    allowed, denied, chosen, *_ = agents.results("a")
    assert allowed.startswith("42\n")
    assert "Use the calculator." in denied
    assert chosen.startswith(
        'Your questions have been answered: "Which database?"="SQLite",'
        ' "What else?"=""A cache, small", A page".'
    )
    assert said == "chosen Store: SQLite\nchosen More: A cache, small, A page\n"
    assert all(message.delivered_at for message in agents.fleet.messages("a"))


def test_a_message_is_in_the_next_request_of_the_turn_and_at_rest_begins_another(
    agents: ClaudeFleet,
) -> None:
    one, two = committed("one.txt"), committed("two.txt")
    agents.spawn("a", RUNNING, *one, text("One."), *two, text("Two."))
    agents.await_file("a", "running")

    assert agents.shell.wta("send", "a", "Also the changelog.", "--timeout", "1s").status == 1
    agents.await_said("a", '"state":"queued"', count=2)
    (agents.place("a") / "go").touch()

    assert agents.await_rest("a").state is TaskState.READY
    before, after, *_ = agents.requests("a")
    assert not before.contains("Also the changelog.")
    assert after.contains("Also the changelog.")
    assert agents.fleet.endings("a") == [ExitReason.COMPLETED]
    (message,) = agents.fleet.messages("a")
    assert message.run_id == agents.fleet.run("a").id
    assert message.delivered_at is not None

    assert agents.type("send", "a", "Now the second.").out.splitlines()[0] == "delivered"

    assert agents.await_rest("a").state is TaskState.READY
    first, second = agents.fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    asked = agents.requests("a")[-1]
    assert asked.user_texts[-1] == "Now the second."
    assert asked.contains("Do a.")
    assert agents.page("a")["usage"]["cost_usd"] == pytest.approx(5 * 0.0011)


def test_interrupted_or_stopped_it_leaves_nobody_and_goes_on(agents: ClaudeFleet) -> None:
    """Words begin the next turn after an interrupt, a retry the next one after a stop."""
    agents.spawn(
        "a",
        bash("touch running; sleep 600"),
        bash("rm running"),
        *committed("one.txt"),
        bash("touch again; sleep 600"),
        bash("rm again"),
        *committed("two.txt"),
        text("Done."),
    )
    agents.await_file("a", "running")

    assert interrupt(agents.fleet.context, "a").data.delivered_at is not None

    task = agents.await_rest("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    assert agents.fleet.endings("a") == [ExitReason.INTERRUPTED]
    agents.type("send", "a", "Go on without it.", "--timeout", "25s")
    agents.await_file("a", "again")
    assert agents.requests("a")[1].contains("[Request interrupted by user for tool use]")
    assert agents.requests("a")[1].contains("Go on without it.")

    agents.type("stop", "a")

    agents.fleet.await_gone("a")
    task = agents.fleet.task("a")
    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    assert agents.fleet.worktree("a").status() == ["?? again"]
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add one.txt"]
    agents.type("retry", "a")
    assert agents.await_rest("a").state is TaskState.READY
    first, second, third = agents.fleet.runs("a")
    assert {second.session_id, third.session_id} == {first.session_id}
    assert second.resumes
    assert third.resumes
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]


def test_what_is_uncommitted_or_red_is_mended_in_the_same_conversation(
    agents: ClaudeFleet,
) -> None:
    agents.configure(verify={"commands": ["echo no second file; test -f two.txt"]})
    agents.spawn(
        "a",
        bash("echo x > left.txt"),
        text("Done."),
        *committed("left.txt"),
        text("So."),
        *committed("two.txt"),
        text("Mended."),
    )

    assert agents.await_rest("a").state is TaskState.READY

    first, asked, mending = agents.fleet.runs("a")
    assert {asked.session_id, mending.session_id} == {first.session_id}
    assert asked.resumes
    assert mending.resumes
    words = agents.requests("a")[2].user_texts[-1]
    assert words.startswith("Your work on this task ended, but files in this worktree")
    assert mending.purpose is Purpose.MEND
    assert "no second file" in mending.prompt
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add left.txt"]
