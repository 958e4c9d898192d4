"""A red check goes back into the conversation of the real Claude Code."""

from __future__ import annotations

import pytest

from tests.support.api.script import text
from tests.support.claude_fleet import ClaudeFleet, committed
from wtagents.core.run import Purpose
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]


def test_what_a_check_found_is_mended_in_the_same_conversation(agents: ClaudeFleet) -> None:
    agents.configure(verify={"commands": ["echo no second file; test -f two.txt"]})
    agents.spawn("a", *committed("one.txt"), text("Done."), *committed("two.txt"), text("Mended."))

    assert agents.await_rest("a").state is TaskState.READY

    first, second = agents.fleet.runs("a")
    assert (second.purpose, second.session_id) == (Purpose.MEND, first.session_id)
    assert second.resumes
    assert "no second file" in second.prompt
    assert agents.fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
