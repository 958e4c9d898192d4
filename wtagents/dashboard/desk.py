"""What a screen may ask of the application that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from wtagents.dashboard.grid import Tone

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wtagents.operations.context import Context
    from wtagents.operations.result import OperationResult
    from wtagents.operations.telling.overview import Overview
    from wtagents.operations.telling.status import TaskStatus

    Tell = Callable[[str], None]
    Verb = Callable[[Context, Tell], OperationResult[Any]]


class Desk(Protocol):
    """The application behind all screens."""

    @property
    def place(self) -> Context:
        """The repository; to be used by the thread of the application for nothing but its paths."""
        ...

    @property
    def seen(self) -> Overview | None:
        """What the last look found; None before the first."""
        ...

    @property
    def may_act(self) -> bool:
        """Whether anything may be changed from here, or only looked at."""
        ...

    def now(self) -> datetime:
        """Aware time."""
        ...

    def item(self, name: str) -> TaskStatus | None:
        """Return a task as it was seen last."""
        ...

    def act(
        self, doing: str, verb: Verb, *, done: str = "", then: Callable[[], None] | None = None
    ) -> None:
        """Carry out a verb in a thread of its own and say what came of it.

        `then` is called by the thread of the application unless an error prevented it.
        """
        ...

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Say something in the line above the keys."""
        ...
