"""The lines of a patch, scrolled sideways where they are longer than the terminal is wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from wtagents.dashboard.grid import Heading, without_first
from wtagents.dashboard.widgets.table import MARGIN, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.dashboard.desk import Desk
    from wtagents.dashboard.grid import Cell, Column, Line, Slot

_STEP = 16
"""Columns of the terminal that a key goes aside."""


class PatchTable(Table):
    """The lines of a patch; the numbers of the lines stay where they are."""

    titled = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Comment"),
        Binding("right", "sideways(1)", "Sideways", key_display="← →"),
        Binding("left", "sideways(-1)", "Back to the left", show=False),
    ]

    _widest = 0
    """Columns of the terminal that the longest line takes."""

    def show(self, columns: Sequence[Column], lines: Sequence[Line], *, empty: str = "") -> None:
        """Show these lines."""
        texts = (each.cells[-1] for each in lines if not isinstance(each, Heading))
        self._widest = max((text.width for text in texts), default=0)
        super().show(columns, lines, empty=empty)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to go aside where there is something, and to comment where one may act."""
        if action == "open":
            return cast("Desk", self.app).may_act
        if action == "sideways":
            return self.virtual_size.width > self.size.width
        return super().check_action(action, parameters)

    def action_sideways(self, steps: int) -> None:
        """Go to the right, or back."""
        self.scroll_to(x=self.scroll_x + steps * _STEP, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Place the columns again."""
        super().on_resize()
        self.refresh_bindings()

    @property
    def breadth(self) -> int:
        """Columns of the terminal that all of it takes."""
        start = self._slots[-1].start if self._slots else 0
        return start + self._widest + 2 * MARGIN

    def in_sight(self, shown: Cell, slot: Slot) -> Cell:
        """Leave out of the text what was scrolled away to the left."""
        aside = self.scroll_offset.x
        return without_first(shown, aside) if aside and slot is self._slots[-1] else shown
