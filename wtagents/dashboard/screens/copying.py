"""What may be copied of a task, to be pasted elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wtagents.core.text import visible
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wtagents.operations.telling.status import TaskStatus


def texts_of(item: TaskStatus) -> dict[str, str]:
    """Return what there is to copy, by its name: one line each, whole as it would be pasted."""
    task, merge = item.task, item.merge
    candidate = merge.candidate if merge is not None else None
    texts = {
        "attach": f"wta attach {task.name}",
        "branch": task.branch,
        "worktree": str(task.worktree),
        "landing": candidate or "",
        "name": task.name,
    }
    return {name: visible(text) for name, text in texts.items() if text}


class CopyDialog(Dialog[str | None]):
    """Returns the text that was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Copy", priority=True),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__()
        self._texts = texts

    def compose(self) -> ComposeResult:
        """List the texts behind their names."""
        width = max(map(len, self._texts)) + 2
        with Vertical(classes="dialog"):
            yield Static("Copy", classes="dialog-title")
            yield OptionList(
                *(
                    Option(Text.assemble((f"{name:{width}}", "dim"), text, no_wrap=True))
                    for name, text in self._texts.items()
                )
            )
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the list take the keys."""
        self.query_one(OptionList).focus()

    def action_take(self) -> None:
        """Take what is chosen."""
        chosen = self.query_one(OptionList).highlighted
        if chosen is not None:
            self.close(list(self._texts.values())[chosen])

    def action_leave(self) -> None:
        """Copy nothing."""
        self.close(None)

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self.action_take()
