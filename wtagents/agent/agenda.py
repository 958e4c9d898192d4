"""The tools by which an agent keeps a list of what is to be done, as events; and the list itself.

Claude Code has two kinds: `TodoWrite` says the whole list each time; `TaskCreate` adds one entry,
whose number only its result tells ("Task #3 created successfully"), and `TaskUpdate` moves it.
`ExitPlanMode` hands a plan in. The keys are those of 2.1.329; every key is optional. A list of a
subagent is its own and passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.agent.events import PlanMade, TodoAdded, TodoMoved, TodosWritten, ToolReturned
from wtagents.agent.fields import JsonObject, objects_of, text_of
from wtagents.core.agenda import Agenda, Todo, TodoState
from wtagents.core.text import printable, printable_lines

if TYPE_CHECKING:
    from wtagents.agent.events import Event

TOOLS = frozenset({"TodoWrite", "TaskCreate", "TaskUpdate", "TaskGet", "TaskList", "ExitPlanMode"})
"""Tools that do nothing but keep the list or hand the plan in."""
_DELETED = "deleted"
_TEXT_LIMIT = 200
_PLAN_LINES = 400
_CREATED = re.compile(r"Task #(\S{1,20}) created successfully")


def parse_agenda(tool: str, tool_id: str, tool_input: JsonObject) -> tuple[Event, ...]:
    """Return what a call of the main thread says about the list; nothing for any other tool."""
    match tool:
        case "TodoWrite":
            todos = (_todo(each) for each in objects_of(tool_input, "todos"))
            return (TodosWritten(todos=tuple(todo for todo in todos if todo.text)),)
        case "TaskCreate":
            text = printable(text_of(tool_input, "subject"), _TEXT_LIMIT)
            return (TodoAdded(tool_id=tool_id, text=text),) if text else ()
        case "TaskUpdate":
            return (_moved(tool_input),)
        case "ExitPlanMode":
            lines = printable_lines(text_of(tool_input, "plan"))[:_PLAN_LINES]
            return (PlanMade(text="\n".join(lines)),) if any(lines) else ()
        case _:
            return ()


class AgendaKeeper:
    """Adds the events of a task's runs up, in their order."""

    def __init__(self) -> None:
        self._todos: dict[str, Todo] = {}
        self._added: dict[str, str] = {}
        self._plan = ""

    @property
    def agenda(self) -> Agenda:
        """What stands now."""
        return Agenda(todos=tuple(self._todos.values()), plan=self._plan)

    def take(self, event: Event) -> bool:
        """Take an event; whether it changed anything."""
        before = self.agenda
        match event:
            case TodosWritten(todos=todos):
                self._todos = {f"written {place}": todo for place, todo in enumerate(todos)}
            case TodoAdded(tool_id=tool_id, text=text):
                self._added[tool_id] = text
            case ToolReturned(id=tool_id) if tool_id in self._added:
                self._number(event, self._added.pop(tool_id))
            case TodoMoved():
                self._move(event)
            case PlanMade(text=text):
                self._plan = text
            case _:
                return False
        return self.agenda != before

    def _number(self, returned: ToolReturned, text: str) -> None:
        found = _CREATED.match(returned.text)
        if found is not None and not returned.failed:
            self._todos[found[1]] = Todo(text=text)

    def _move(self, moved: TodoMoved) -> None:
        known = self._todos.get(moved.number, Todo(text=f"#{moved.number}"))
        if moved.is_gone:
            self._todos.pop(moved.number, None)
        else:
            self._todos[moved.number] = Todo(
                text=moved.text or known.text, state=moved.state or known.state
            )


def _todo(fields: JsonObject) -> Todo:
    state = _state(fields) or TodoState.PENDING
    spoken = text_of(fields, "activeForm") if state is TodoState.IN_PROGRESS else ""
    return Todo(text=printable(spoken or text_of(fields, "content"), _TEXT_LIMIT), state=state)


def _moved(fields: JsonObject) -> TodoMoved:
    return TodoMoved(
        number=printable(text_of(fields, "taskId"), 20),
        state=_state(fields),
        text=printable(text_of(fields, "subject"), _TEXT_LIMIT),
        is_gone=text_of(fields, "status") == _DELETED,
    )


def _state(fields: JsonObject) -> TodoState | None:
    said = text_of(fields, "status")
    return TodoState(said) if said in set(TodoState) else None
