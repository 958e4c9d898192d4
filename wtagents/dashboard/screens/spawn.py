"""A new task: its name, what is to be done, and what happens when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Checkbox, Footer, Input, Label, Static, TextArea

from wtagents.core.errors import WtaError
from wtagents.core.ids import TaskName
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.operations.steering.spawn import SpawnRequest

if TYPE_CHECKING:
    from textual.app import ComposeResult


class SpawnDialog(Dialog[SpawnRequest | None]):
    """Returns what is to be spawned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "spawn", "Begin", priority=True),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, repository: str) -> None:
        super().__init__()
        self._repository = repository

    def compose(self) -> ComposeResult:
        """Ask for name, prompt and options."""
        with Vertical(classes="dialog -large"):
            yield Static(f"A new task in {self._repository}", classes="dialog-title")
            yield Label("name")
            yield Input(id="name", placeholder="fix-login")
            yield Label("what to do")
            yield TextArea(id="prompt", tab_behavior="focus")
            yield Checkbox("merge it when it is ready", id="merge")
            yield Static(id="wrong")
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin with the name."""
        self.query_one("#name").focus()

    def action_spawn(self) -> None:
        """Check what can be checked here, and close."""
        name = self.query_one("#name", Input).value.strip()
        prompt = self.query_one("#prompt", TextArea).text
        try:
            TaskName.parse(name)
        except WtaError as error:
            self._refuse(f"{error.message}{f': {error.cause}' if error.cause else ''}", "#name")
            return
        if not prompt.strip():
            self._refuse("the prompt is empty", "#prompt")
            return
        merge = self.query_one("#merge", Checkbox).value
        self.close(SpawnRequest(name=name, prompt=prompt, merge=merge))

    def action_leave(self) -> None:
        """Begin nothing."""
        self.close(None)

    def _refuse(self, why: str, where: str) -> None:
        self.query_one("#wrong", Static).update(Text(f"! {why}"))
        self.query_one(where).focus()
