"""What a screen may ask of the application that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from wtagents.dashboard.grid import Tone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wtagents.dashboard.homes import Home, Sight, Subject
    from wtagents.dashboard.memory import Memory
    from wtagents.operations.context import Context
    from wtagents.operations.result import OperationResult

    Tell = Callable[[str], None]
    Verb = Callable[[Context, Tell], OperationResult[Any]]


class Desk(Protocol):
    """The application behind all screens."""

    @property
    def homes(self) -> tuple[Home, ...]:
        """All repositories."""
        ...

    @property
    def home(self) -> Home:
        """The repository of screens that show one: that of the task that was chosen last."""
        ...

    @property
    def sights(self) -> tuple[Sight, ...]:
        """What the last looks found, repositories that could not be read yet left out."""
        ...

    @property
    def title(self) -> str:
        """What is looked at: the repository, or how many."""
        ...

    @property
    def moment(self) -> datetime | None:
        """The moment that is shown; None for now."""
        ...

    @property
    def may_act(self) -> bool:
        """Whether anything may be changed from here, or only looked at."""
        ...

    @property
    def memory(self) -> Memory:
        """What is remembered from one start to the next."""
        ...

    def remember(self, memory: Memory) -> None:
        """Keep it."""
        ...

    def now(self) -> datetime:
        """Aware time of what is shown."""
        ...

    def subject(self, key: str) -> Subject | None:
        """Return a task as it was seen last."""
        ...

    def open(self, subject: Subject, tab: str = "story") -> None:
        """Show everything about a task."""
        ...

    def choose(self, home: Home) -> None:
        """Make this the repository of screens that show one."""
        ...

    def act(
        self,
        home: Home,
        doing: str,
        verb: Verb,
        *,
        done: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        """Carry out a verb in a thread of its own and say what came of it.

        `then` is called by the thread of the application unless an error prevented it.
        """
        ...

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Say something in the line above the keys."""
        ...
