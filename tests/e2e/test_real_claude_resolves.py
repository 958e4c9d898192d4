"""Two branches that conflict, and the real Claude Code as the resolver."""

from __future__ import annotations

import pytest

from tests.support.api.script import Script, bash, text, tool
from tests.support.claude_fleet import MODEL, RESOLVER, ClaudeFleet
from wtagents.core.task import TaskState

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

BASE = "def greet():\n    return 'Hi'\n"
ONE, TWO = "    log('one')\n", "    log('two')\n"


@pytest.fixture
def conflicting(agents: ClaudeFleet) -> ClaudeFleet:
    """Two tasks that put a line into the same place; the first one is landed."""
    agents.configure(
        merge={
            "resolver": "claude",
            "resolver_model": MODEL,
            "ladder": ["agent"],
            "gate": ["python3 -m py_compile a.py"],
        }
    )
    agents.fleet.repository.commit({"a.py": BASE}, "Add a.py")
    for name, line in (("one", ONE), ("two", TWO)):
        change = f"sed -i \"1a\\\\{line.rstrip()}\" a.py && git commit -qam 'Log {name}'"
        agents.spawn(name, bash(change), text("Done."))
    for name in ("one", "two"):
        assert agents.await_rest(name).state is TaskState.READY
    agents.type("merge", "one")
    return agents


def answer(agents: ClaudeFleet, hunk: str) -> None:
    """Let the model answer the resolver with the text of the one hunk."""
    said = tool(
        "StructuredOutput", files=[{"path": "a.py", "hunks": [hunk]}], dropped=[], note="both"
    )
    agents.api.add_script("resolver", Script(steps=(said,), then=text("Done."), match=RESOLVER))


def test_a_conflict_is_resolved_verified_and_landed(conflicting: ClaudeFleet) -> None:
    answer(conflicting, ONE + TWO)

    conflicting.type("merge", "two")

    repository = conflicting.fleet.repository
    assert repository.graph("main") == "* Log two\n* Log one\n* Add a.py\n* Begin"
    landed = "def greet():\n" + ONE + TWO + "    return 'Hi'\n"
    assert repository.tree("main")["a.py"].decode() == landed
    assert (repository.path / "a.py").read_text() == landed
    merge = conflicting.page("two")["merge"]
    assert merge["resolutions"] == [
        {"path": "a.py", "author": "agent", "rung": "agent", "dropped": []}
    ]
    (asked, *_) = conflicting.requests("resolver")
    assert asked.tool_names == ("StructuredOutput",)
    assert asked.contains("Do one.")
    assert asked.contains("Do two.")


def test_an_answer_that_drops_a_line_in_silence_is_refused(conflicting: ClaudeFleet) -> None:
    before = conflicting.fleet.repository.refs()
    answer(conflicting, TWO)

    conflicting.type("merge", "two", status=1)

    merge = conflicting.page("two")["merge"]
    assert (merge["state"], merge["rejection"]) == ("rejected", "resolution_refused")
    assert "log('one')" in merge["detail"]
    assert conflicting.fleet.task("two").state is TaskState.READY
    assert conflicting.fleet.repository.refs() == before
    assert conflicting.fleet.repository.status() == []
