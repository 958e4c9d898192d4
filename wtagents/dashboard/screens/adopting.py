"""Which worktree of somebody else is to become a task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wtagents.core.text import printable
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wtagents.dashboard.homes import Home
    from wtagents.operations.steering.foreign import Foreign

_CONSEQUENCE = (
    "It moves to a new branch at the same commit; no file is touched, its old branch stays.\n"
    "The task rests until it is told something, begun again, or merged."
)


class ForeignSeen(Message):
    """What no task has was looked for."""

    def __init__(self, home: Home, found: tuple[Foreign, ...]) -> None:
        super().__init__()
        self.home = home
        self.found = found


class AdoptDialog(Dialog[Path | None]):
    """Returns the folder of the worktree to take over."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, found: tuple[Foreign, ...]) -> None:
        super().__init__()
        self._found = found

    def compose(self) -> ComposeResult:
        """List them, and say what becomes of one."""
        with Vertical(classes="dialog -large"):
            yield Static("Take a worktree over", classes="dialog-title")
            yield OptionList(*(Option(_words(each)) for each in self._found))
            yield Static(_CONSEQUENCE, classes="dialog-text")
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the list take the keys."""
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """Take none."""
        self.close(None)

    @on(OptionList.OptionSelected)
    def _taken(self, event: OptionList.OptionSelected) -> None:
        self.close(self._found[event.option_index].path)


def _words(foreign: Foreign) -> Text:
    who = f"{', '.join(foreign.processes)} works there" if foreign.processes else ""
    said = filter(None, (str(foreign.path), foreign.branch or "no branch", who))
    return Text("   ".join(map(printable, said)), no_wrap=True, overflow="ellipsis")
