"""The board: one row a task, who needs a person first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input

from wtagents.core.errors import WtaError
from wtagents.core.record import replace
from wtagents.dashboard.acts import BOARD_DEEDS, Act
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.adopting import AdoptDialog, ForeignSeen
from wtagents.dashboard.screens.columns import ColumnsDialog
from wtagents.dashboard.screens.deeds import TaskRoom, keys_of
from wtagents.dashboard.screens.spawn import FormRead, SpawnDialog, read_form
from wtagents.dashboard.view import Choice, Order, Rows, airy, board_lines, columns_of
from wtagents.dashboard.widgets.preview import Preview
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.steering.adopt import AdoptRequest, adopt
from wtagents.operations.steering.foreign import observe_foreign
from wtagents.operations.steering.spawn import SpawnRequest, spawn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from textual.events import Resize
    from textual.widget import Widget

    from wtagents.dashboard.homes import Home, Subject

WIDE = 140
"""Columns of a terminal from which on the task under the cursor is told beside the board."""
_NO_TASKS = "no tasks yet"
_BEGIN_ONE = f"{_NO_TASKS}; press n to begin one"


class BoardScreen(TaskRoom):
    """All tasks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "diff", "Diff"),
        *keys_of(BOARD_DEEDS),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("s", "sort", "Sort"),
        Binding("o", "columns", "Columns", show=False),
        Binding("escape", "all", "All tasks", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._choice = Choice()
        self._rows = Rows(self._now)

    def body(self) -> Iterable[Widget]:
        """Return the table, the line to filter by, and the preview."""
        with Horizontal(id="board-body"):
            yield Table(id="board", empty="looking …")
            yield Preview(id="preview")
        line = Input(id="filter", placeholder="words of name, state, group or prompt")
        line.display = False
        yield line

    def on_mount(self) -> None:
        """Keep the ages going."""
        memory = self.desk.memory
        self._choice = Choice(order=memory.order, hidden=memory.hidden)
        super().on_mount()
        self.set_interval(1.0, self._draw_time)
        self.query_one(Table).focus()

    def show(self) -> None:
        """Show what was seen."""
        super().show()
        self._draw()

    def meant(self) -> Subject | None:
        """Return the task under the cursor."""
        if not self.is_furnished:
            return None
        key = self.query_one(Table).key
        return self.desk.subject(key) if key is not None else None

    def on_resize(self, event: Resize) -> None:
        """Show the preview where there is room."""
        self.query_one(Preview).display = event.size.width >= WIDE
        self._preview()

    def action_filter(self) -> None:
        """Ask for words to filter by."""
        line = self.query_one("#filter", Input)
        line.display = True
        line.focus()

    def action_all(self) -> None:
        """Show all tasks again."""
        line = self.query_one("#filter", Input)
        line.clear()
        line.display = False
        self._choose(replace(self._choice, words=""))
        self.query_one(Table).focus()

    def action_sort(self) -> None:
        """Sort by the next thing."""
        orders = list(Order)
        following = orders[(orders.index(self._choice.order) + 1) % len(orders)]
        self._choose(replace(self._choice, order=following))
        self._remember()
        self.desk.say(f"sorted by {following}", Tone.FAINT)

    def action_columns(self) -> None:
        """Ask which columns are wanted."""

        def chosen(hidden: frozenset[str] | None) -> None:
            if hidden is not None:
                self._choose(replace(self._choice, hidden=hidden))
                self._remember()

        self.ask(ColumnsDialog(self._choice.hidden), chosen)

    def _remember(self) -> None:
        choice, memory = self._choice, self.desk.memory
        self.desk.remember(replace(memory, order=choice.order, hidden=choice.hidden))

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._draw()

    def _draw(self) -> None:
        sights = self.desk.sights
        if not sights or not self.is_current:
            return
        lines = board_lines(sights, self._choice, self._rows)
        empty = f"nothing matches {self._choice.words!r}" if self._choice.words else self._no_tasks
        table = self.query_one(Table)
        spaced = airy(lines, table.size.height - 1)
        table.show(columns_of(self._choice), spaced, empty=empty)
        self.offer()

    def _now(self) -> datetime:
        return self.desk.now()

    @property
    def _no_tasks(self) -> str:
        return _BEGIN_ONE if self.desk.may_act else _NO_TASKS

    def _draw_time(self) -> None:
        if self.is_current:
            self.query_one(Table).show_time()
            self._preview()

    def _preview(self) -> None:
        preview = self.query_one(Preview)
        if preview.display:
            subject = self.meant()
            preview.show(subject.item if subject is not None else None, self.desk.now())

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self._preview()
        self.offer()

    @on(Table.Opened)
    def _opened(self, event: Table.Opened) -> None:
        subject = self.desk.subject(event.key) if event.key is not None else None
        if subject is not None:
            self.desk.open(subject)

    def action_diff(self) -> None:
        """Show what the task changed."""
        subject = self.meant()
        if subject is not None:
            self.desk.open(subject, "diff")

    def action_act(self, name: str) -> None:
        """Do what only the board offers, too."""
        if name == Act.SPAWN:
            self._read_form(self.desk.home)
        elif name == Act.ADOPT:
            self._look_for_foreign(self.desk.home)
        else:
            super().action_act(name)

    @work(thread=True, group="form", exclusive=True)
    def _read_form(self, home: Home) -> None:
        self.post_message(read_form(home))

    @on(FormRead)
    def _form_read(self, event: FormRead) -> None:
        if event.form is None:
            self.desk.say(f"! {event.why}", Tone.NOTICE)
            return

        def chosen(request: SpawnRequest | None) -> None:
            if request is not None:
                self.desk.act(
                    event.home,
                    f"beginning {request.name}",
                    lambda context, _: spawn(context, request),
                    done=f"{request.name} begins",
                )

        self.ask(SpawnDialog(event.form), chosen)

    @work(thread=True, group="foreign", exclusive=True)
    def _look_for_foreign(self, home: Home) -> None:
        context = home.another()
        try:
            found = tuple(
                each for each in observe_foreign(context) if not (each.main or each.missing)
            )
            self.post_message(ForeignSeen(home, found))
        except WtaError:
            return  # the banner says what troubles the store
        finally:
            context.close()

    @on(ForeignSeen)
    def _foreign_seen(self, event: ForeignSeen) -> None:
        if not event.found:
            self.desk.say("every worktree belongs to a task", Tone.FAINT)
            return

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.desk.act(
                    event.home,
                    f"taking {path.name} over",
                    lambda context, _: adopt(context, AdoptRequest(path=path)),
                    done=f"{path.name} is a task now, and rests",
                )

        self.ask(AdoptDialog(event.found), chosen)

    @on(Input.Changed, "#filter")
    def _filtered(self, event: Input.Changed) -> None:
        self._choose(replace(self._choice, words=event.value))

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self.query_one("#filter").display = bool(self._choice.words)
        self.query_one(Table).focus()
