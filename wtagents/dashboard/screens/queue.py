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
from wtagents.dashboard.screens.room import NEXT_HOME, PAST_IS_UNKNOWN
from wtagents.dashboard.widgets.landing import LandingView
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.landings import Landings, landings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.events import Resize
    from textual.widget import Widget

    from wtagents.dashboard.homes import Subject
    from wtagents.operations.telling.overview import Overview

LOOK_SECONDS = 1.0
_EMPTY = "nothing has ever waited to land; m on the board asks for a task to land"


class LandingsSeen(Message):
    """The queue was looked at."""

    def __init__(self, seen: Landings | None) -> None:
        super().__init__()
        self.seen = seen


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
        self._look()

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

    def _look_again(self) -> None:
        """Look when anything changed, and at gates that run each time."""
        if not self.is_current:
            return
        if self.desk.moment is not None:
            self._landings = None
            self.query_one(Table).show(COLUMNS, (), empty=PAST_IS_UNKNOWN)
            self.query_one(LandingView).display = False
            return
        runs = self._landings is not None and bool(self._landings.running)
        if runs or self.desk.home.seen is not self._looked_at:
            self._looked_at = self.desk.home.seen
            self._look()
        elif self._landings is not None:
            self._draw(self._landings)

    @work(thread=True, group="landings", exclusive=True)
    def _look(self) -> None:
        context = self.desk.home.another()
        try:
            self.post_message(LandingsSeen(landings(context).data))
        except WtaError:
            return  # the banner says what troubles the store
        finally:
            context.close()

    @on(LandingsSeen)
    def _landings_seen(self, event: LandingsSeen) -> None:
        if not self.is_furnished or self.desk.moment is not None:
            return
        self._landings = event.seen
        if event.seen is None:
            self.query_one(Table).show(COLUMNS, (), empty=_EMPTY)
        else:
            self._draw(event.seen)

    def _draw(self, seen: Landings) -> None:
        lines = list(queue_lines(seen, now=self.desk.now()))
        self.query_one(Table).show(COLUMNS, lines, empty=_EMPTY)
        self.query_one(LandingView).display = True
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
        looked = self.desk.home.seen
        items = looked.items if looked is not None else ()
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
