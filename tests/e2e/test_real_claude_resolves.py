"""Two branches that conflict, and the real Claude Code as the resolver."""

from __future__ import annotations

import pytest

from tests.support.api.request import ApiRequest
from tests.support.api.script import Reply, Script, Tool, bash, text, tool
from tests.support.claude_fleet import MODEL, RESOLVER, ClaudeFleet
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.operations.steering.spawn import SpawnRequest, spawn

pytestmark = [pytest.mark.e2e, pytest.mark.claude]

LAST = "The files of this conflict"
BASE = "def greet():\n    return 'Hi'\n"
ONE, TWO = "    log('one')\n", "    log('two')\n"


MERGE = {
    "resolver": "claude",
    "resolver_model": MODEL,
    "ladder": ["agent"],
    "gate": ["python3 -m py_compile a.py"],
}


@pytest.fixture
def conflicting(agents: ClaudeFleet) -> ClaudeFleet:
    """Two tasks that put a line into the same place; the first one is landed.

    The second one is the work of Claude Code, whose conversation may be asked.
    """
    agents.configure(merge=MERGE)
    agents.fleet.repository.commit({"a.py": BASE}, "Add a.py")
    agents.spawn("two", bash(change("two", TWO)), text("Done."))
    prompt = f"Do one.\nscenario:\nrun {change('one', ONE)}\n"
    scripted = AgentSpec(kind=AgentKind.SCRIPTED)
    spawn(agents.fleet.context, SpawnRequest(name="one", prompt=prompt, agent=scripted))
    for name in ("one", "two"):
        assert agents.await_rest(name).state is TaskState.READY
    agents.type("merge", "one")
    return agents


def change(name: str, line: str) -> str:
    return f"sed -i \"1a\\{line.rstrip()}\" a.py && git commit -qam 'Log {name}'"


def answer(agents: ClaudeFleet, hunk: str) -> None:
    """Let the model answer the resolver with the text of the one hunk."""
    said = tool(
        "StructuredOutput", files=[{"path": "a.py", "hunks": [hunk]}], dropped=[], note="both"
    )
    agents.api.add_script("resolver", Script(steps=(said,), then=text("Done."), match=RESOLVER))


def edit(request: ApiRequest) -> dict[str, str]:
    """Replace what stands between the markers, as the file was read."""
    lines = request.tool_results[-1].text.splitlines()
    held = [line.partition("\t")[2] for line in lines]
    first, last = (
        next(at for at, line in enumerate(held) if line.startswith(mark))
        for mark in ("<<<<<<<", ">>>>>>>")
    )
    old = "\n".join(held[first : last + 1]) + "\n"
    return {"file_path": "a.py", "old_string": old, "new_string": ONE + TWO}


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


def test_an_answer_that_drops_a_line_is_refused_and_the_author_asked_at_last(
    conflicting: ClaudeFleet,
) -> None:
    before = conflicting.fleet.repository.refs()
    answer(conflicting, TWO)

    conflicting.type("merge", "two", status=1)

    merge = conflicting.page("two")["merge"]
    assert (merge["state"], merge["rejection"]) == ("rejected", "resolution_refused")
    assert "log('one')" in merge["detail"]
    assert conflicting.fleet.task("two").state is TaskState.READY
    assert conflicting.fleet.repository.refs() == before
    assert conflicting.fleet.repository.status() == []

    answer(conflicting, TWO)
    conflicting.configure(merge={**MERGE, "resolver_last": "author"})
    steps = (
        tool("Read", file_path="a.py"),
        Reply(content=(Tool(name="Edit", input=edit),)),
        tool("StructuredOutput", dropped=[], note="both"),
    )
    conflicting.api.add_script("last", Script(steps=steps, then=text("Done."), match=LAST))

    conflicting.type("merge", "two")

    repository = conflicting.fleet.repository
    assert repository.graph("main") == "* Log two\n* Log one\n* Add a.py\n* Begin"
    landed = "def greet():\n" + ONE + TWO + "    return 'Hi'\n"
    assert repository.tree("main")["a.py"].decode() == landed
    merge = conflicting.page("two")["merge"]
    assert [each["author"] for each in merge["resolutions"]] == ["author_session"]
    (asked, *_) = conflicting.requests("last")
    assert asked.contains("Log two")
    assert asked.contains("Do one.")
