"""The real Claude Code is about to edit what another task holds: warned, asked or denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.api.script import bash, text, write
from wtagents.core.run import Phase
from wtagents.operations.radar.holds import record_holds

if TYPE_CHECKING:
    from tests.support.claude_fleet import ClaudeFleet

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

BY_THE_FIRST = "has just been changed by the task first"
UNTIL_GO = bash("while [ ! -e go ]; do sleep 0.05; done; rm go")


@pytest.fixture
def held(agents: ClaudeFleet) -> ClaudeFleet:
    """A task that waits holds three files, by edits of its own, and has claimed a folder."""
    switch(agents, "deny")
    place = agents.place("first")
    edits = [write(f"{place}/{mode}.md", "first\n") for mode in ("deny", "ask", "warn")]
    agents.spawn("first", *edits, UNTIL_GO, text("Done."))
    agents.await_file("first", "warn.md")
    agents.type("claim", "first", "docs")
    return agents


def switch(agents: ClaudeFleet, mode: str) -> None:
    """Go on in another mode; no look of the radar is due that could know the one before."""
    agents.configure(
        allow=("Bash", "Edit", "Write", "Read"),
        radar={"claims": mode, "interval": "10m"},
        limits={"commit_request": False, "retries": 0},
    )
    record_holds(agents.fleet.context)


def test_who_edits_what_another_task_holds_is_denied_or_asked_about_or_warned(
    held: ClaudeFleet,
) -> None:
    place = held.place("denied")
    edits = [write(f"{place}/{name}.md", "second\n") for name in ("deny", "docs/x", "mine")]
    held.spawn("denied", *edits, text("Done."))
    held.await_rest("denied")
    assert sorted(path.name for path in place.iterdir() if path.name.endswith(".md")) == [
        "CLAUDE.local.md",
        "README.md",
        "mine.md",
    ]
    results = held.results("denied")
    assert "wta: deny.md " in results[0]
    assert BY_THE_FIRST in results[0]
    assert 'docs/x.md is claimed for the task first ("[[script:first]] Do first.").' in results[1]

    switch(held, "ask")
    held.spawn("asked", write(f"{held.place('asked')}/ask.md", "second\n"), text("Done."))
    asking = held.await_phase("asked", Phase.ASKING)
    assert asking.question is not None
    assert asking.question.tool == "Write"
    held.type("answer", "asked", "--allow")
    held.await_rest("asked")
    assert (held.place("asked") / "ask.md").read_text() == "second\n"

    switch(held, "warn")
    place = held.place("warned")
    edits = [write(f"{place}/{name}.md", "second\n") for name in ("warn", "other")]
    held.spawn("warned", *edits, text("Done."))
    held.await_rest("warned")
    assert (place / "warn.md").read_text() == "second\n"
    told = held.requests("warned")
    assert [each.contains(BY_THE_FIRST) for each in told[:3]] == [False, True, True]
    assert told[2].contains("wta: warn.md ")
    assert not told[2].contains("wta: other.md ")
