"""What an agent wants chosen, one question after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from wtagents.core.answer import Answer
from wtagents.core.text import visible
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.widgets.keys import KeyLine
from wtagents.operations.steering.asked import option_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from wtagents.core.inquiry import Inquiry

_OTHER = "say it in your own words"
_DENY = "no choice; said to the agent, Enter sends"


class ChoiceDialog(Dialog[Answer | None]):
    """A question with its options; of the last one the choice is the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Choose", priority=True),
        Binding("space", "mark", "Mark"),
        *(Binding(str(n), f"number({n})", show=False) for n in range(1, 10)),
        Binding("left,backspace", "before", "Question before", key_display="←"),
        Binding("n", "deny", "Deny"),
        Binding("escape", "leave", "Later"),
    ]

    def __init__(self, name: str, request_id: str, inquiries: tuple[Inquiry, ...]) -> None:
        super().__init__()
        self._name = name
        self._request_id = request_id
        self._inquiries = inquiries
        self._chosen: list[tuple[str, ...]] = []
        self._marked: set[int] = set()
        self._denies = False

    @property
    def _inquiry(self) -> Inquiry:
        return self._inquiries[len(self._chosen)]

    def compose(self) -> ComposeResult:
        """Ask; the line for words appears where they are wanted."""
        with Vertical(classes="dialog"):
            yield Static(id="inquiry")
            yield OptionList()
            yield Static(id="option-preview")
            yield Input(id="words")
            yield KeyLine()

    def on_mount(self) -> None:
        """Show the first question."""
        self._ask()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what this question needs; while words are typed the keys are theirs."""
        del parameters
        if action in ("take", "leave"):
            return True
        if self.is_mounted and self._writes:
            return False
        if action == "mark":
            return self._inquiry.many
        return action != "before" or bool(self._chosen)

    def action_take(self) -> None:
        """Take what is marked, what is under the cursor, or the words."""
        if self._writes:
            self._say(self.query_one("#words", Input).value.strip())
            return
        highlighted = self.query_one(OptionList).highlighted
        if highlighted == len(self._inquiry.options):
            self._write(_OTHER)
        elif self._marked:
            self._go_on()
        elif highlighted is not None:
            self._go_on(self._inquiry.options[highlighted].label)

    def action_mark(self) -> None:
        """Mark what is under the cursor, or no longer."""
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self.action_number(highlighted + 1)

    def action_number(self, number: int) -> None:
        """Choose the option with this number, or mark it where several may be chosen."""
        place, options = number - 1, self._inquiry.options
        if place > len(options):
            return
        self.query_one(OptionList).highlighted = place
        if place == len(options):
            self._write(_OTHER)
        elif self._inquiry.many:
            self._marked ^= {place}
            self._list(place)
        else:
            self._go_on(options[place].label)

    def action_before(self) -> None:
        """Ask the question before once more."""
        self._chosen.pop()
        self._ask()

    def action_deny(self) -> None:
        """Choose nothing, with a word to the agent."""
        self._denies = True
        self._write(_DENY)

    def action_leave(self) -> None:
        """Leave the line of words, then the question open."""
        if self._writes and self._inquiry.options:
            self._denies = False
            self._ask(marked=self._marked)
        else:
            self.close(None)

    @property
    def _writes(self) -> bool:
        return bool(self.query_one("#words", Input).display)

    def _write(self, hint: str) -> None:
        line = self.query_one("#words", Input)
        line.value, line.placeholder, line.display = "", hint, True
        line.focus()
        self.refresh_bindings()

    def _say(self, words: str) -> None:
        if self._denies:
            self.close(Answer(request_id=self._request_id, allow=False, message=words))
        elif words:
            self._go_on(words)

    def _go_on(self, *said: str) -> None:
        labels = (self._inquiry.options[place].label for place in sorted(self._marked))
        chosen = (*self._chosen, (*labels, *said))
        if len(chosen) == len(self._inquiries):
            self.close(Answer(request_id=self._request_id, allow=True, chosen=chosen))
            return
        self._chosen = list(chosen)
        self._ask()

    def _ask(self, marked: set[int] | None = None) -> None:
        inquiry, count = self._inquiry, len(self._inquiries)
        self._marked = marked or set()
        which = f"  {len(self._chosen) + 1} of {count}" if count > 1 else ""
        several = "  several may be chosen" if inquiry.many else ""
        title = (f"{self._name} asks", "bold"), (f"{which}{several}", "dim")
        asked = Text.assemble(*title, f"\n\n{visible(inquiry.text)}")
        self.query_one("#inquiry", Static).update(asked)
        self.query_one("#words").display = False
        self.query_one("#option-preview").display = any(each.preview for each in inquiry.options)
        self._list(0)
        self.query_one(OptionList).focus()
        if not inquiry.options:
            self._write(_OTHER)
        self.refresh_bindings()

    def _list(self, highlighted: int) -> None:
        shown = self.query_one(OptionList)
        shown.clear_options()
        shown.add_options(Option(Text(line)) for line in self._lines())
        shown.highlighted = highlighted

    def _lines(self) -> Iterator[str]:
        inquiry = self._inquiry
        for place, option in enumerate(inquiry.options):
            box = ("[x] " if place in self._marked else "[ ] ") if inquiry.many else ""
            yield box + visible(option_line(place + 1, option))
        blank = "    " if inquiry.many else ""
        yield f"{blank}{len(inquiry.options) + 1}  Other: {_OTHER}"

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        options = self._inquiry.options
        preview = options[event.option_index].preview if event.option_index < len(options) else ""
        lines = (visible(line.expandtabs(4)) for line in preview.split("\n"))
        self.query_one("#option-preview", Static).update(Text("\n".join(lines)))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        self.action_number(event.option_index + 1)
