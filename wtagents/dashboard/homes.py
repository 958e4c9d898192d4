"""The repositories that the dashboard shows, and a task in one of them."""

from __future__ import annotations

from threading import Event, Lock
from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.message import Message

    from wtagents.core.errors import WtaError
    from wtagents.core.tending.pause import Pauses
    from wtagents.operations.context import Context
    from wtagents.operations.telling.overview import Overview
    from wtagents.operations.telling.status import TaskStatus
    from wtagents.system.clock import Clock

SIGN = ":"
"""Between a repository and a task; no task's name may have it."""


@record
class Sight:
    """What one look at a repository found."""

    seen: Overview
    label: str = ""
    """Of its repository, where there are several."""
    place: str = ""
    """Id of its repository."""

    def key_of(self, name: str) -> str:
        """Return what names a task on this screen."""
        return f"{self.label}{SIGN}{name}" if self.label else name


class Home:
    """One repository: what was seen of it last, and what troubles it.

    The thread of the application owns it and uses `context` for nothing but paths and time.
    """

    def __init__(self, context: Context, *, label: str = "") -> None:
        self.context = context
        self.label = label
        """Names it among several; '' where it is the only one."""
        self.seen: Overview | None = None
        self.past: Overview | None = None
        """How it stood at the moment that is shown; None while that is now."""
        self.trouble: WtaError | None = None
        self.asked = Event()
        """Set by whoever wants a look at once."""
        self._heard: Message | None = None
        self._hearing = Lock()

    def hear(self, what: Message) -> bool:
        """Keep what was heard last, from any thread; whether nothing else waits to be taken."""
        with self._hearing:
            is_first, self._heard = self._heard is None, what
            return is_first

    def take(self) -> Message | None:
        """Return what was heard last: who was busy elsewhere need not see all that was before."""
        with self._hearing:
            what, self._heard = self._heard, None
            return what

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.label or name_of(self.context)

    @property
    def pauses(self) -> Pauses | None:
        """What is held back; None before the first look."""
        return self.seen.pauses if self.seen is not None else None

    def another(self, *, clock: Clock | None = None) -> Context:
        """Return a context for another thread."""
        return self.context.another(clock=clock)

    def item(self, name: str) -> TaskStatus | None:
        """Return a task as it was seen last."""
        shown = self.past or self.seen
        items = shown.items if shown is not None else ()
        return next((each for each in items if each.task.name == name), None)

    def key_of(self, name: str) -> str:
        """Return what names a task on this screen."""
        return f"{self.label}{SIGN}{name}" if self.label else name


@record
class Subject:
    """The task that keys are about, and where it lives."""

    home: Home
    item: TaskStatus

    @property
    def name(self) -> str:
        """The task's name."""
        return self.item.task.name

    @property
    def is_live(self) -> bool:
        """Whether an agent works on it."""
        return self.item.run is not None and self.item.run.state in LIVE_RUN_STATES


def name_of(context: Context) -> str:
    """Return the folder that a person knows a repository by."""
    folder = context.common_dir
    return folder.parent.name if folder.name == ".git" else folder.stem


def homes_of(contexts: Sequence[Context]) -> tuple[Home, ...]:
    """Return the homes; several of one name are told apart by a number."""
    if len(contexts) == 1:
        return (Home(contexts[0]),)
    homes: list[Home] = []
    for context in contexts:
        name, taken = name_of(context), {each.label for each in homes}
        numbered = (f"{name}-{number}" for number in range(2, len(contexts) + 2))
        label = name if name not in taken else next(n for n in numbered if n not in taken)
        homes.append(Home(context, label=label))
    return tuple(homes)


def subject_of(homes: Sequence[Home], key: str) -> Subject | None:
    """Return the task of a key, None once it is cleaned up."""
    label, sign, name = key.rpartition(SIGN)
    for home in homes:
        item = home.item(name) if home.label == label or not sign else None
        if item is not None:
            return Subject(home=home, item=item)
    return None
