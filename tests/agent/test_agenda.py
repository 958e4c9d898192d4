"""The list that an agent keeps: written whole, or entry by entry, with its ticks."""

from __future__ import annotations

import json
from typing import Any

from wtagents.agent.agenda import AgendaKeeper
from wtagents.agent.stream import parse_line
from wtagents.core.agenda import Agenda, Todo, TodoState
from wtagents.core.story import Voice
from wtagents.operations.telling.story import Teller


def used(tool: str, tool_input: Any, tool_id: str = "t1", *, child: str | None = None) -> bytes:
    block = {"type": "tool_use", "id": tool_id, "name": tool, "input": tool_input}
    message = {"id": "m", "role": "assistant", "content": [block]}
    fields = {"type": "assistant", "message": message, "parent_tool_use_id": child}
    return json.dumps(fields).encode()


def returned(text: str, tool_id: str = "t1", *, failed: bool = False) -> bytes:
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": text, "is_error": failed}
    return json.dumps({"type": "user", "message": {"content": [block]}}).encode()


def after(*lines: bytes) -> Agenda:
    keeper = AgendaKeeper()
    for line in lines:
        for event in parse_line(line):
            keeper.take(event)
    return keeper.agenda


def a_todo(text: str, status: str, spoken: str = "") -> dict[str, str]:
    return {"content": text, "status": status, "activeForm": spoken}


def test_a_whole_list_takes_the_place_of_the_one_before() -> None:
    first = used("TodoWrite", {"todos": [a_todo("look", "in_progress", "Looking")]})
    second = used(
        "TodoWrite",
        {"todos": [a_todo("look", "completed"), a_todo("mend\x1b[2J", "in_progress", "Mending")]},
    )
    agenda = after(first, second)
    assert agenda.todos == (
        Todo(text="look", state=TodoState.COMPLETED),
        Todo(text="Mending", state=TodoState.IN_PROGRESS),
    )
    assert agenda.words == "1 of 2 done: Mending"
    assert after(first, used("TodoWrite", {"todos": []})) == Agenda()


def test_entries_are_added_moved_and_taken_away_by_number() -> None:
    lines = (
        used("TaskCreate", {"subject": "look"}, "a"),
        used("TaskCreate", {"subject": "mend"}, "b"),
        used("TaskCreate", {"subject": "refused"}, "c"),
        returned("Task #1 created successfully: look", "a"),
        returned("Task #2 created successfully: mend", "b"),
        returned("Task #3 created successfully: no", "c", failed=True),
        used("TaskUpdate", {"taskId": "1", "status": "completed"}),
        used("TaskUpdate", {"taskId": "2", "status": "in_progress", "subject": "mend it"}),
    )
    assert after(*lines).todos == (
        Todo(text="look", state=TodoState.COMPLETED),
        Todo(text="mend it", state=TodoState.IN_PROGRESS),
    )
    gone = used("TaskUpdate", {"taskId": "1", "status": "deleted"})
    assert [todo.text for todo in after(*lines, gone).todos] == ["mend it"]
    unknown = used("TaskUpdate", {"taskId": "9", "status": "completed"})
    assert after(unknown).todos == (Todo(text="#9", state=TodoState.COMPLETED),)


def test_what_a_subagent_or_nonsense_says_changes_nothing() -> None:
    todos = {"todos": [a_todo("look", "pending")]}
    assert after(used("TodoWrite", todos, child="t0")) == Agenda()
    assert after(used("TodoWrite", {"todos": [1, {"status": 5}]})) == Agenda()
    assert after(used("TaskCreate", {}), used("ExitPlanMode", {"plan": ""})) == Agenda()


def test_the_story_tells_the_list_and_not_the_tool() -> None:
    teller = Teller()
    lines = (
        used("TodoWrite", {"todos": [a_todo("look", "completed"), a_todo("mend", "pending")]}),
        used("TodoWrite", {"todos": [a_todo("look", "completed"), a_todo("mend", "pending")]}),
        used("ExitPlanMode", {"plan": "# Plan\nmend it"}),
    )
    told = [one for line in lines for event in parse_line(line) for one in teller.lines(event)]
    assert [(line.voice, line.text) for line in told] == [
        (Voice.AGENDA, "1 of 2 done"),
        (Voice.AGENT, "# Plan\nmend it"),
    ]
    assert told[-1].agenda == Agenda(
        todos=(Todo(text="look", state=TodoState.COMPLETED), Todo(text="mend")),
        plan="# Plan\nmend it",
    )
