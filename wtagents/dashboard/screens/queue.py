"""The queue: what lands now and what its gates say, what waits and why, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from wtagents.core.errors import WtaError
from wtagents.dashboard.landings import COLUMNS, queue_lines, request_of, task_of
from wtagents.dashboard.screens.deeds import TaskRoom
from wtagents.dashboard.screens.inbox import WIDE
from wtagents.dashboard.screens.room import NEXT_HOME
from wtagents.dashboard.widgets.landing import LandingView
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.landings import Landings, landings
from wtagents.operations.landings_then import landings_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from textual.events import Resize
    from textual.widget import Widget

    from wtagents.dashboard.homes import Subject
    from wtagents.operations.telling.overview import Overview

LOOK_SECONDS = 1.0
_EMPTY = "nothing has ever waited to land; m on the board asks for a task to land"
_WAS_EMPTY = "nothing had waited to land yet"


class LandingsSeen(Message):
    """The queue was looked at."""

    def __init__(self, seen: Landings | None, at: datetime | None) -> None:
        super().__init__()
        self.seen = seen
        self.at = at
        """The moment that was looked at; None for now."""


class QueueScreen(TaskRoom):
    """What lands."""

    is_of_one_home = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "diff", "Diff"), NEXT_HOME]

    def __init__(self) -> None:
        super().__init__()
        self._landings: Landings | None = None
        self._looked_at: Overview | None = None

    def body(self) -> Iterable[Widget]:
        """Return the list and what there is to know."""
        with Container(id="queue-body"):
            yield Table(id="queue", empty="looking …")
            yield LandingView(id="landing")

    def on_mount(self) -> None:
        """Look again and again while this is shown."""
        super().on_mount()
        self.set_interval(LOOK_SECONDS, self._look_again)
        self.query_one(Table).focus()
        self._look(self.desk.moment)

    def on_resize(self, event: Resize) -> None:
        """Put the two beside each other where there is room."""
        self.query_one("#queue-body").set_class(event.size.width >= WIDE, "-wide")

    def meant(self) -> Subject | None:
        """Return the task under the cursor, None once it is cleaned up."""
        key = self.query_one(Table).key if self.is_furnished else None
        return self._subject(task_of(key)) if key is not None else None

    def _subject(self, name: str) -> Subject | None:
        return self.desk.subject(self.desk.home.key_of(name))

    def action_diff(self) -> None:
        """Show what the task changed."""
        subject = self.meant()
        if subject is not None:
            self.desk.open(subject, "diff")

    def show(self) -> None:
        """Show what was seen; what landed at another moment at once."""
        super().show()
        if self.desk.moment is not None:
            self._look_again()

    def _look_again(self) -> None:
        """Look when anything changed, and at gates that run each time."""
        if not self.is_current:
            return
        seen, is_now = self._overview, self.desk.moment is None
        runs = is_now and self._landings is not None and bool(self._landings.running)
        if runs or seen is not self._looked_at:
            self._looked_at = seen
            self._look(self.desk.moment)
        elif self._landings is not None:
            self._draw(self._landings)

    @property
    def _empty(self) -> str:
        return _EMPTY if self.desk.moment is None else _WAS_EMPTY

    @property
    def _overview(self) -> Overview | None:
        """What was seen last of the repository that is shown, now or at the moment."""
        home = self.desk.home
        return home.seen if self.desk.moment is None else home.past

    @work(thread=True, group="landings", exclusive=True)
    def _look(self, at: datetime | None) -> None:
        context = self.desk.home.another()
        try:
            seen = landings(context) if at is None else landings_at(context, at)
            self.post_message(LandingsSeen(seen.data, at))
        except WtaError:
            return  # the banner says what troubles the store
        finally:
            context.close()

    @on(LandingsSeen)
    def _landings_seen(self, event: LandingsSeen) -> None:
        if not self.is_furnished or self.desk.moment != event.at:
            return
        self._landings = event.seen
        if event.seen is None:
            self.query_one(Table).show(COLUMNS, (), empty=self._empty)
        else:
            self._draw(event.seen)

    def _draw(self, seen: Landings) -> None:
        lines = list(queue_lines(seen, now=self.desk.now()))
        self.query_one(Table).show(COLUMNS, lines, empty=self._empty)
        self._tell()
        self.offer()

    def _tell(self) -> None:
        seen, key = self._landings, self.query_one(Table).key
        if seen is None:
            return
        task = task_of(key) if key is not None else ""
        subject = self._subject(task)
        request = request_of(seen, key) if key is not None else None
        if key is not None and key.startswith("live ") and subject is not None:
            number = subject.item.task.id
            request = next((each for each in seen.requests if each.task_id == number), None)
        items = self._overview.items if self._overview is not None else ()
        self.query_one(LandingView).show(seen, task, request, items)

    @on(Table.Chosen)
    def _moved(self) -> None:
        self._tell()
        self.offer()

    @on(Table.Opened)
    def _opened(self) -> None:
        subject = self.meant()
        if subject is not None:
            self.desk.open(subject)
