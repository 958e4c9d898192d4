"""Small windows that ask: yes or no, a line of text, an answer to an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wtagents.core.answer import Answer
from wtagents.core.text import printable, printable_lines, visible
from wtagents.dashboard.editing import EDIT, edited
from wtagents.dashboard.widgets.evidence import whole_question
from wtagents.dashboard.widgets.keys import KeyLine

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from wtagents.operations.steering.asked import AskedWhole


Said = TypeVar("Said")
_MOST_LINES = 12
"""Of a text from an editor that are shown again."""


class Dialog(ModalScreen[Said]):
    """A window above a screen, closed with an answer."""

    AUTO_FOCUS: ClassVar[str | None] = ""

    def close(self, said: Said) -> None:
        """Give the answer; nobody waits for the window to go."""
        _ = self.dismiss(said)


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


class AnswerDialog(Dialog[Answer | None]):
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
        self.close(Answer(request_id=self._whole.request_id, allow=True))

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
        why = event.value.strip()
        self.close(Answer(request_id=self._whole.request_id, allow=False, message=why))


class LineDialog(Dialog[str | None]):
    """Asks for one line, or for more from an editor; None when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        EDIT,
        Binding("enter", "say", "Enter", show=False),
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(
        self,
        title: str,
        placeholder: str,
        text: str = "",
        *,
        may_edit: bool = False,
        at_once: bool = False,
    ) -> None:
        """With `may_edit` an editor can write several lines; `at_once` it begins to."""
        super().__init__()
        self._title = title
        self._placeholder = placeholder
        self._text = text
        self._may_edit = may_edit
        self._at_once = at_once

    def compose(self) -> ComposeResult:
        """Ask."""
        with Vertical(classes="dialog"):
            yield Static(Text(self._title), classes="dialog-title")
            yield Static(id="lines", classes="dialog-text")
            yield Input(id="line", placeholder=self._placeholder, select_on_focus=False)
            yield Static(id="wrong")
            yield KeyLine()

    def on_mount(self) -> None:
        """Let the line take the keys."""
        self._show()
        if self._at_once:
            self.call_after_refresh(self.action_edit)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an editor where there is a terminal for it."""
        del parameters
        return action != "edit" or (self._may_edit and not self.app.is_web)

    def action_edit(self) -> None:
        """Write it in the editor."""
        line = self.query_one("#line", Input)
        text, wrong = edited(self.app, self._text if not line.display else line.value)
        self._text = text.strip()
        self._show(wrong)

    def action_say(self) -> None:
        """Give the lines that the editor left."""
        self.close(self._text)

    def action_leave(self) -> None:
        """Say nothing."""
        self.close(None)

    def _show(self, wrong: str = "") -> None:
        """Show one line to go on with, or several to read; the editor changes those."""
        line, lines = self.query_one("#line", Input), self.query_one("#lines", Static)
        line.display = "\n" not in self._text
        lines.display = not line.display
        if line.display:
            line.value, line.cursor_position = self._text, len(self._text)
            line.focus()
        else:
            self.set_focus(None)
            told = printable_lines(self._text)
            more = [f"… {len(told) - _MOST_LINES} more"] if len(told) > _MOST_LINES else []
            lines.update(Text("\n".join([*told[:_MOST_LINES], *more, "", "Enter takes it"])))
        self.query_one("#wrong", Static).update(Text(f"! {printable(wrong)}" if wrong else ""))
        self.query_one("#wrong", Static).display = bool(wrong)

    @on(Input.Submitted, "#line")
    def _said(self, event: Input.Submitted) -> None:
        self.close(event.value.strip())
