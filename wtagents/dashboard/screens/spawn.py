"""A new task: its name, what is to be done, and what happens when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Checkbox, Input, Label, Static, TextArea

from wtagents.core.errors import WtaError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.text import printable
from wtagents.dashboard.editing import EDIT, edited
from wtagents.dashboard.screens.dialogs import Dialog
from wtagents.dashboard.spawning import Form, Wrong, request_of
from wtagents.dashboard.widgets.keys import KeyLine
from wtagents.operations.steering.spawn import SpawnRequest
from wtagents.operations.steering.templates import FOLDER, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.widget import Widget

    from wtagents.dashboard.homes import Home

_FIELDS = ("name", "template", "profile", "model", "after", "priority")
_NO_TEMPLATES = f"in {FOLDER}"


class FormRead(Message):
    """What may be chosen from was looked at; `why` that cannot be."""

    def __init__(self, home: Home, form: Form | None, why: str = "") -> None:
        super().__init__()
        self.home = home
        self.form = form
        self.why = why


def read_form(home: Home) -> FormRead:
    """Return what may be chosen from; called by a worker thread."""
    context = home.another()
    seen = home.seen.items if home.seen is not None else ()
    try:
        settings = context.settings.agent
        form = Form(
            repository=home.name,
            kind=settings.kind,
            profiles=tuple(each.name for each in settings.profiles),
            templates=templates(context).data,
            tasks=tuple(i.task.name for i in seen if i.task.state not in ENDED_TASK_STATES),
        )
        return FormRead(home, form)
    except WtaError as error:
        return FormRead(home, None, f"{error.message}   {error.hint}")
    finally:
        context.close()


class SpawnDialog(Dialog[SpawnRequest | None]):
    """Returns what is to be spawned."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "spawn", "Begin", priority=True),
        EDIT,
        Binding("escape", "leave", "Leave"),
    ]

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form
        self._filled = ""
        """The text of the template that was filled in."""

    def compose(self) -> ComposeResult:
        """Ask for name, prompt and options."""
        with Vertical(classes="dialog -large"):
            yield Static(f"A new task in {self._form.repository}", classes="dialog-title")
            with Vertical(id="spawn"):
                yield Label("name")
                yield Input(id="name", placeholder="fix-login")
                yield Label("what to do")
                yield TextArea(id="prompt", tab_behavior="focus")
                with Grid(id="options"):
                    yield from self._options()
                yield Checkbox("merge it when it is ready", id="merge")
            yield Static(id="wrong")
            yield KeyLine()

    def _options(self) -> Iterator[Widget]:
        form = self._form
        names = [each.name for each in form.templates]
        for field, known, hint in (
            ("template", names, ", ".join(names) or _NO_TEMPLATES),
            ("profile", list(form.profiles), ", ".join(form.profiles)),
            ("model", [], "from the settings"),
            ("after", list(form.tasks), "lands after these"),
            ("priority", [], "0; higher is first"),
        ):
            yield Label(field)
            yield Input(id=field, placeholder=hint, suggester=SuggestFromList(known))

    def on_mount(self) -> None:
        """Begin with the name."""
        self.query_one("#name").focus()

    @on(Input.Changed, "#template")
    def _fill(self, event: Input.Changed) -> None:
        """Fill the prompt in, unless somebody has written one."""
        area = self.query_one("#prompt", TextArea)
        text = self._form.text_of(event.value.strip())
        if text and area.text in ("", self._filled):
            self._filled = area.text = text

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an editor where there is a terminal for it."""
        del parameters
        return action != "edit" or not self.app.is_web

    def action_edit(self) -> None:
        """Write the prompt in the editor."""
        area = self.query_one("#prompt", TextArea)
        area.text, wrong = edited(self.app, area.text)
        self._say_wrong(wrong)
        area.focus()

    def action_spawn(self) -> None:
        """Check what can be checked here, and close."""
        said = {field: self.query_one(f"#{field}", Input).value.strip() for field in _FIELDS}
        said["prompt"] = self.query_one("#prompt", TextArea).text
        merge = self.query_one("#merge", Checkbox).value
        found = request_of(self._form, said, merge=merge)
        if isinstance(found, Wrong):
            self._say_wrong(found.why)
            self.query_one(f"#{found.field}").focus()
        else:
            self.close(found)

    def action_leave(self) -> None:
        """Begin nothing."""
        self.close(None)

    def _say_wrong(self, why: str) -> None:
        self.query_one("#wrong", Static).update(Text(f"! {printable(why)}" if why else ""))
