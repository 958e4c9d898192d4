"""Which columns the board has."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from wtagents.dashboard.cells import ALWAYS, COLUMNS
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ColumnsDialog(Dialog[frozenset[str] | None]):
    """Returns the titles of the columns that are to be left out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take", priority=True),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__()
        self._hidden = hidden

    def compose(self) -> ComposeResult:
        """List the columns that may be left out."""
        titles = [column.title for column in COLUMNS if column.title not in ALWAYS]
        with Vertical(classes="dialog"):
            yield Static("Columns, as far as there is room", classes="dialog-title")
            yield SelectionList(
                *(Selection(each.lower(), each, each not in self._hidden) for each in titles)
            )
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the list take the keys."""
        self.query_one(SelectionList).focus()

    def action_take(self) -> None:
        """Take what is ticked."""
        ticked = set(self.query_one(SelectionList).selected)
        titles = {column.title for column in COLUMNS} - ALWAYS
        self.close(frozenset(titles - ticked))

    def action_leave(self) -> None:
        """Change nothing."""
        self.close(None)
