"""What an agent says that it will do: a plan in words, and a list that it ticks. Pure."""

from __future__ import annotations

from enum import StrEnum

from wtagents.core.record import record


class TodoState(StrEnum):
    """How far one thing is, in the words of Claude Code."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


@record
class Todo:
    """One thing to do; the text is printable."""

    text: str
    state: TodoState = TodoState.PENDING


@record
class Agenda:
    """All that an agent said last."""

    todos: tuple[Todo, ...] = ()
    plan: str = ""
    """Printable lines of what it wanted to do, before it began; '' where it made no plan."""

    @property
    def done(self) -> int:
        """How many are ticked."""
        return sum(todo.state is TodoState.COMPLETED for todo in self.todos)

    @property
    def current(self) -> str:
        """What it is at."""
        at_work = (todo.text for todo in self.todos if todo.state is TodoState.IN_PROGRESS)
        return next(at_work, "")

    @property
    def words(self) -> str:
        """The list in one line: `2 of 5 done: run the tests`; '' without a list."""
        if not self.todos:
            return ""
        said = f"{self.done} of {len(self.todos)} done"
        return f"{said}: {self.current}" if self.current else said
