"""What was spent, cleaned-up tasks included."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from wtagents.core.errors import WtaError
from wtagents.dashboard.costs import bar_width, cost_columns, cost_rows, cost_total
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.room import NEXT_HOME, PAST_IS_UNKNOWN, Room
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.telling.cost import By, Cost, CostRequest, cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from wtagents.dashboard.homes import Home

LOOK_SECONDS = 5.0


class CostSeen(Message):
    """Everything was added up."""

    def __init__(self, seen: Cost, by: By) -> None:
        super().__init__()
        self.seen = seen
        self.by = by


class CostScreen(Room):
    """Sums over tasks, models or days."""

    is_of_one_home = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "by", "By task, model, day"), NEXT_HOME]

    def __init__(self) -> None:
        super().__init__()
        self._by = By.TASK
        self._home: Home | None = None
        self._sums: CostSeen | None = None

    def body(self) -> Iterable[Widget]:
        """Return the total and the sums."""
        yield Static(id="cost-total")
        yield Table(id="cost", empty="looking …")

    def on_mount(self) -> None:
        """Add up again and again while this is shown."""
        super().on_mount()
        self.set_interval(LOOK_SECONDS, self._look_again)
        self.query_one(Table).focus()
        self._look(self._by)

    def show(self) -> None:
        """Show what was seen; the sums of another repository at once."""
        super().show()
        if self._home is not self.desk.home:
            self._home = self.desk.home
            self._look(self._by)

    def on_screen_resume(self) -> None:
        """Show what was spent meanwhile."""
        super().on_screen_resume()
        if self.is_furnished:
            self._look(self._by)

    def action_by(self) -> None:
        """Add up by the next thing."""
        kinds = list(By)
        self._by = kinds[(kinds.index(self._by) + 1) % len(kinds)]
        self.desk.say(f"by {self._by}", Tone.FAINT)
        self._look(self._by)

    def _look_again(self) -> None:
        if self.is_current:
            self._look(self._by)

    @work(thread=True, group="cost", exclusive=True)
    def _look(self, by: By) -> None:
        context = self.desk.home.another()
        try:
            self.post_message(CostSeen(cost(context, CostRequest(by=by)).data, by))
        except WtaError:
            return  # the banner says what troubles the store
        finally:
            context.close()

    @on(CostSeen)
    def _seen(self, event: CostSeen) -> None:
        if event.by is self._by and self.is_furnished:
            self._sums = event
            self._draw(event)

    def on_resize(self) -> None:
        """Draw longer or shorter bars."""
        if self._sums is not None:
            self._draw(self._sums)

    def _draw(self, sums: CostSeen) -> None:
        total, table = self.query_one("#cost-total", Static), self.query_one(Table)
        if self.desk.moment is not None:
            total.update(Text(PAST_IS_UNKNOWN))
            table.show(cost_columns(sums.by), (), empty=" ")
            return
        bar = bar_width(self.size.width)
        total.update(Text(cost_total(sums.seen)))
        rows = cost_rows(sums.seen, sums.by, bar)
        table.show(cost_columns(sums.by, bar), rows, empty="nothing was spent yet")

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        key = self.desk.home.key_of(event.key or "")
        subject = self.desk.subject(key) if self._by is By.TASK else None
        if subject is not None:
            self.desk.open(subject)
