"""Conversations of the real Claude Code that become another task: forked, or taken over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.api.script import bash, marker, text
from tests.support.claude_cli import ClaudeCli, wait_saved
from tests.support.claude_fleet import ClaudeFleet, committed
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]


def test_a_fork_remembers_what_was_said_until_its_checkpoint(agents: ClaudeFleet) -> None:
    first = bash("echo first > file && git add file && git commit -qm first")
    agents.spawn("one", first, text("The first answer."))
    agents.await_rest("one")
    agents.type("checkpoints", "one", "--now")
    number = agents.shell.data("checkpoints", "one")["rows"][-1]["checkpoint"]["number"]
    second = bash("echo second > file && git commit -qam second")
    agents.script("one", second, text("The second answer."))
    agents.type("send", "one", "Go on.")
    agents.await_said("one", "The second answer.")
    agents.await_rest("one")
    agents.await_saved("one", "The second answer.")

    agents.script("then", bash("cat file"), *committed("then"), text("Done."))
    agents.type("fork", "one", "then", str(number), "-m", f"{marker('then')} Do it.")
    assert agents.await_rest("then").state is TaskState.READY
    asked = agents.requests("then")[0]
    assert asked.contains("The first answer.")
    assert not asked.contains("The second answer.")
    assert asked.contains(f"a worktree of your own, {agents.place('then')}")
    assert agents.results("then")[-2].startswith("first")
    assert agents.fleet.run("then").session_id != agents.fleet.run("one").session_id


def test_a_worktree_that_a_person_began_with_claude_is_taken_over(
    agents: ClaudeFleet, claude: ClaudeCli
) -> None:
    agents.script("hand", *committed("by-hand"), text("Begun by hand."))
    home = agents.fleet.sandbox.home
    by_hand = replace(claude, home=home)
    main = agents.fleet.repository
    settings = '--settings={"worktree":{"baseRef":"head"}}'
    flags = ("--worktree", "hand", settings, "--allowedTools=Bash")
    done = by_hand.run(f"{marker('hand')} Do it.", *flags, cwd=main.path)
    assert done.exit_code == 0, done.stderr
    session = done.result["session_id"]
    wait_saved(home, session, "Begun by hand.")
    (seen,) = agents.shell.data("status", "--all")["foreign"]
    assert (seen["branch"], seen["session_id"], seen["processes"]) == (
        "worktree-hand",
        session,
        [],
    )
    agents.type("adopt", ".claude/worktrees/hand")
    assert agents.page("hand")["task"]["prompt"] == f"{marker('hand')} Do it."
    agents.script("hand", *committed("by-wta"), text("Done."))
    agents.type("send", "hand", "Go on.")
    assert agents.await_rest("hand").state is TaskState.READY
    assert agents.requests("hand")[-1].contains("Begun by hand.")
    agents.type("merge", "hand")
    assert main.subjects("main") == ["Add by-wta", "Add by-hand", "Begin"]
