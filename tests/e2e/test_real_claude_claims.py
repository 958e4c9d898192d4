"""The real Claude Code is about to edit what another task holds: warned, asked or denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.api.script import bash, text, write
from wtagents.core.run import Phase

if TYPE_CHECKING:
    from tests.support.claude_fleet import ClaudeFleet

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

BY_THE_FIRST = "changed by the task first"
"""It `has just been`, or once the radar has looked, `is being`."""
UNTIL_GO = bash("while [ ! -e go ]; do sleep 0.05; done; rm go")


def hold(agents: ClaudeFleet, mode: str) -> None:
    """Let a task that waits hold README.md, by an edit of its own."""
    agents.configure(
        allow=("Bash", "Edit", "Write", "Read"),
        radar={"claims": mode},
        limits={"commit_request": False, "retries": 0},
    )
    place = agents.place("first")
    agents.spawn("first", write(f"{place}/notes.md", "first\n"), UNTIL_GO, text("Done."))
    agents.await_file("first", "notes.md")


def test_the_second_one_is_warned_and_goes_on(agents: ClaudeFleet) -> None:
    hold(agents, "warn")
    place = agents.place("second")
    agents.spawn(
        "second",
        write(f"{place}/notes.md", "second\n"),
        write(f"{place}/other.md", "second\n"),
        text("Done."),
    )
    agents.await_rest("second")
    assert (place / "notes.md").read_text() == "second\n"
    asked = agents.requests("second")
    assert [each.contains(BY_THE_FIRST) for each in asked[:3]] == [False, True, True]
    assert asked[2].contains("wta: notes.md ")
    assert not asked[2].contains("wta: other.md ")


def test_it_is_denied_and_told_why(agents: ClaudeFleet) -> None:
    hold(agents, "deny")
    agents.type("claim", "first", "docs")
    place = agents.place("second")
    agents.spawn(
        "second",
        write(f"{place}/notes.md", "second\n"),
        write(f"{place}/docs/x.md", "second\n"),
        write(f"{place}/mine.md", "mine\n"),
        text("Done."),
    )
    agents.await_rest("second")
    assert sorted(path.name for path in place.iterdir() if path.name.endswith(".md")) == [
        "CLAUDE.local.md",
        "README.md",
        "mine.md",
    ]
    results = agents.results("second")
    assert "wta: notes.md " in results[0]
    assert BY_THE_FIRST in results[0]
    assert 'docs/x.md is claimed for the task first ("[[script:first]] Do first.").' in results[1]


def test_a_person_is_asked(agents: ClaudeFleet) -> None:
    hold(agents, "ask")
    place = agents.place("second")
    agents.spawn("second", write(f"{place}/notes.md", "second\n"), text("Done."))
    asking = agents.await_phase("second", Phase.ASKING)
    assert asking.question is not None
    assert asking.question.tool == "Write"
    agents.type("answer", "second", "--allow")
    agents.await_rest("second")
    assert (place / "notes.md").read_text() == "second\n"
