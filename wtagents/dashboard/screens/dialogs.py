"""Small windows that ask: yes or no, a line of text, an answer to an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wtagents.core.text import visible
from wtagents.dashboard.widgets.evidence import whole_question
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wtagents.operations.steering.asked import AskedWhole


Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer]):
    """A window above a screen, closed with an answer."""

    AUTO_FOCUS: ClassVar[str | None] = ""

    def close(self, answer: Answer) -> None:
        """Give the answer; nobody waits for the window to go."""
        _ = self.dismiss(answer)


class Confirm(Dialog[bool]):
    """A question with the consequence; only `y` means yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "decide(True)", "Yes"),
        Binding("n,escape", "decide(False)", "No"),
    ]

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._question, "bold"))
            yield Static(Text(self._consequence), classes="dialog-text")
            yield KeyLine()

    def action_decide(self, yes: bool) -> None:  # noqa: FBT001  (Textual passes by position)
        """Give the answer."""
        self.close(yes)


class AnswerDialog(Dialog[tuple[bool, str] | None]):
    """What an agent asks, whole and with nothing hidden; yes, or no with a word to it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "allow", "Allow"),
        Binding("n", "deny", "Deny"),
        Binding("escape", "leave", "Later"),
    ]

    def __init__(self, name: str, whole: AskedWhole) -> None:
        super().__init__()
        self._name = name
        self._whole = whole

    def compose(self) -> ComposeResult:
        """Ask; the line for a reason appears with a denial."""
        with Vertical(classes="dialog"):
            yield Static(Text(f"{self._name} asks to use {visible(self._whole.tool)}", "bold"))
            with VerticalScroll(classes="dialog-question"):
                yield Static(whole_question(self._whole))
            yield Input(id="why", placeholder="why not? said to the agent; Enter denies")
            yield KeyLine()

    def on_mount(self) -> None:
        """Wait for one of the keys; the others scroll."""
        self.query_one("#why").display = False
        self.query_one(VerticalScroll).focus()

    def action_allow(self) -> None:
        """Let the agent do it."""
        self.close((True, ""))

    def action_deny(self) -> None:
        """Ask for the reason, which may be left empty."""
        line = self.query_one("#why", Input)
        line.display = True
        line.focus()

    def action_leave(self) -> None:
        """Decide nothing."""
        self.close(None)

    @on(Input.Submitted, "#why")
    def _deny(self, event: Input.Submitted) -> None:
        self.close((False, event.value.strip()))


class LineDialog(Dialog[str | None]):
    """Asks for one line; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, title: str, placeholder: str, text: str = "") -> None:
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._text = text

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._title), classes="dialog-title")
            yield Input(self._text, id="line", placeholder=self._placeholder)
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the line take the keys."""
        self.query_one("#line").focus()

    def action_leave(self) -> None:
        """Say nothing."""
        self.close(None)

    @on(Input.Submitted, "#line")
    def _said(self, event: Input.Submitted) -> None:
        self.close(event.value.strip())
