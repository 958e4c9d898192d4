"""What was spent, and what each task came to, cleaned-up ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.dashboard.costs import (
    LEDGER_COLUMNS,
    bar_width,
    cost_columns,
    cost_rows,
    cost_total,
    ledger_rows,
)
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.room import NEXT_HOME, Room
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.telling.cost import By, Cost, CostRequest, cost
from wtagents.operations.telling.ledger import LedgerLine, ledger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from textual.widget import Widget

    from wtagents.dashboard.grid import Column, Row
    from wtagents.dashboard.homes import Home
    from wtagents.operations.context import Context

LOOK_SECONDS = 5.0
_LEDGER = "ledger"
_KINDS = (*By, _LEDGER)
"""What the table can show: sums by something, or the outcome of each task."""


@record
class Look:
    """What is looked at."""

    home: Home
    at: datetime | None
    """None for now."""
    kind: str

    def add_up(self, context: Context) -> CostSeen:
        """Return the sums. Raises SystemFault when the store cannot be read."""
        if self.kind != _LEDGER:
            request = CostRequest(by=By(self.kind), at=self.at)
            return CostSeen(self, cost(context, request).data, ())
        total = cost(context, CostRequest(at=self.at)).data
        return CostSeen(self, total, ledger(context, at=self.at).data)


class CostSeen(Message):
    """Everything was added up."""

    def __init__(self, look: Look, seen: Cost, outcomes: tuple[LedgerLine, ...]) -> None:
        super().__init__()
        self.look = look
        self.seen = seen
        self.outcomes = outcomes
        """Of the ledger only."""


class CostScreen(Room):
    """Sums over tasks, models or days, or the ledger of outcomes."""

    is_of_one_home = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "by", "By task, model, day; ledger"),
        NEXT_HOME,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kind: str = By.TASK
        self._asked: Look | None = None
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

    @property
    def _wanted(self) -> Look:
        return Look(home=self.desk.home, at=self.desk.moment, kind=self._kind)

    def show(self) -> None:
        """Show what was seen; the sums of another repository or moment at once."""
        super().show()
        if self._asked != self._wanted:
            self._look(self._wanted)

    def on_screen_resume(self) -> None:
        """Show what was spent meanwhile."""
        super().on_screen_resume()
        if self.is_furnished:
            self._look(self._wanted)

    def action_by(self) -> None:
        """Add up by the next thing, or show the ledger."""
        self._kind = _KINDS[(_KINDS.index(self._kind) + 1) % len(_KINDS)]
        said = "what each task came to" if self._kind == _LEDGER else f"by {self._kind}"
        self.desk.say(said, Tone.FAINT)
        self._look(self._wanted)

    def _look_again(self) -> None:
        """What was spent by a moment stays what it is."""
        if self.is_current and self.desk.moment is None:
            self._look(self._wanted)

    def _look(self, look: Look) -> None:
        self._asked = look
        self._add_up(look)

    @work(thread=True, group="cost", exclusive=True)
    def _add_up(self, look: Look) -> None:
        context = look.home.another()
        try:
            self.post_message(look.add_up(context))
        except WtaError:
            return  # the banner says what troubles the store
        finally:
            context.close()

    @on(CostSeen)
    def _seen(self, event: CostSeen) -> None:
        if event.look == self._wanted and self.is_furnished:
            self._sums = event
            self._draw(event)

    def on_resize(self) -> None:
        """Draw longer or shorter bars."""
        if self._sums is not None:
            self._draw(self._sums)

    def _draw(self, sums: CostSeen) -> None:
        total, table = self.query_one("#cost-total", Static), self.query_one(Table)
        total.update(Text(cost_total(sums.seen)))
        table.show(*self._table(sums), empty="nothing was spent yet")

    def _table(self, sums: CostSeen) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
        if sums.look.kind == _LEDGER:
            return LEDGER_COLUMNS, ledger_rows(sums.outcomes)
        by, bar = By(sums.look.kind), bar_width(self.size.width)
        return cost_columns(by, bar), cost_rows(sums.seen, by, bar)

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        key = self.desk.home.key_of(event.key or "")
        is_of_tasks = self._kind in (By.TASK, _LEDGER)
        subject = self.desk.subject(key) if is_of_tasks else None
        if subject is not None:
            self.desk.open(subject)
