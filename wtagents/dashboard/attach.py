"""The attach view: the live story of one task, and a line to talk to its agent.

Threads read and send; handlers on the application own every widget.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from wtagents.core.answer import Answer
from wtagents.core.errors import WtaError
from wtagents.core.story import StoryLine, Voice
from wtagents.core.text import printable
from wtagents.dashboard import feed
from wtagents.dashboard.patience import Patience
from wtagents.dashboard.screens.choosing import ChoiceDialog
from wtagents.dashboard.story import Story
from wtagents.dashboard.widgets.keys import KeyLine
from wtagents.operations.steering.answer import AnswerRequest, answer
from wtagents.operations.steering.interrupt import interrupt
from wtagents.operations.steering.send import SendRequest, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from wtagents.core.run import Question
    from wtagents.operations.context import Context
    from wtagents.operations.result import OperationResult
    from wtagents.operations.telling.status import TaskStatus


class AttachApp(App[None]):
    """State above, story in the middle, question and input line below."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "Interrupt the turn", priority=True),
        Binding("ctrl+y", "answer(True)", "Allow", priority=True),
        Binding("ctrl+n", "answer(False)", "Deny", priority=True),
        Binding("ctrl+d", "quit", "Leave", priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
        Binding("pagedown", "scroll(1)", show=False, priority=True),
    ]

    def __init__(
        self, context: Context, name: str, *, wake: Callable[[], object] | None = None
    ) -> None:
        """`wake` makes sure that somebody follows what was begun here."""
        here = Path(__file__)
        super().__init__(css_path=[here.with_suffix(".tcss"), here.with_name("dialogs.tcss")])
        self._place = context
        self._wake = wake
        self._of_task = name
        self._left = Event()
        self._asked: Question | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="state")
        yield Story(id="story")
        yield Static(id="question")
        yield Input(id="say", placeholder=f"say something to {self._of_task}, Enter sends")
        yield KeyLine()

    def on_mount(self) -> None:
        self._below.query_one("#say", Input).focus()
        self._follow()
        self._watch()

    def on_unmount(self) -> None:
        self._left.set()

    @property
    def _below(self) -> Screen[Any]:
        """The screen below any window."""
        return self.screen_stack[0]

    @work(thread=True, group="story")
    def _follow(self) -> None:
        context = self._place.another()
        feed.follow_story(context, self._of_task, post=self.post_message, closed=self._left)
        context.close()

    @work(thread=True, group="state")
    def _watch(self) -> None:
        context = self._place.another()
        feed.watch_state(context, self._of_task, post=self.post_message, closed=self._left)
        context.close()

    @work(thread=True, group="talk")
    def _talk(self, act: Callable[[Context], OperationResult[object]]) -> None:
        context = self._place.another(clock=Patience(self._place.clock, self._left))
        try:
            for text in act(context).messages:
                self.post_message(feed.Refused(text))
            if self._wake is not None:
                self._wake()
        except WtaError as error:
            self.post_message(feed.Refused(error.message))
        finally:
            context.close()

    @on(feed.LineTold)
    def _tell(self, event: feed.LineTold) -> None:
        self._below.query_one(Story).tell(event.line)

    @on(feed.Refused)
    def _refuse(self, event: feed.Refused) -> None:
        line = StoryLine(voice=Voice.ERROR, text=printable(event.text), child=False)
        self._below.query_one(Story).tell(line)

    @on(feed.StateSeen)
    def _show_state(self, event: feed.StateSeen) -> None:
        self._below.query_one("#state", Static).update(Text(headline(event.state)))
        pulse = event.state.pulse
        asked = pulse.question if pulse else None
        self._asked = asked
        bar = self._below.query_one("#question", Static)
        bar.set_class(asked is not None, "asked")
        if asked is not None:
            how = f"ctrl+y {'choose' if asked.inquiries else 'allow'}"
            bar.update(Text(f"{printable(asked.told)}   {how}   ctrl+n deny"))

    @on(Input.Submitted, "#say")
    def _say(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        event.input.clear()
        if text:
            self._talk(lambda context: send(context, SendRequest(name=self._of_task, text=text)))

    def action_interrupt(self) -> None:
        """End the running turn; the dashboard stays."""
        self._talk(lambda context: interrupt(context, self._of_task))

    def action_scroll(self, pages: int) -> None:
        """Read further up or down; at the end the story is followed again."""
        story = self._below.query_one(Story)
        (story.scroll_page_up if pages < 0 else story.scroll_page_down)(animate=False)

    def action_answer(self, allow: bool) -> None:  # noqa: FBT001  (Textual passes by position)
        """Answer what the agent asks; what it wants chosen is chosen in a window."""
        asked, name = self._asked, self._of_task

        def said(what: Answer | None) -> None:
            if what is not None:
                self._talk(lambda context: answer(context, AnswerRequest.of(name, what)))

        if self.screen is not self._below:
            return
        if allow and asked is not None and asked.inquiries:
            _ = self.push_screen(ChoiceDialog(name, asked.request_id, asked.inquiries), said)
        else:
            said(Answer(request_id="", allow=allow))


def headline(state: TaskStatus) -> str:
    """Return the one line above the story; what a narrow terminal cuts off stands last."""
    name = state.liveness or state.task.state
    parts = [f"{state.task.name}: {name}"]
    if state.waiting_messages:
        parts.append(f"{state.waiting_messages} not heard yet")
    if state.attention:
        parts.append(state.attention)
    parts.append(f"{state.usage.cost_usd:.2f} USD")
    if state.pulse is not None and state.pulse.doing:
        parts.append(state.pulse.doing)
    return "  |  ".join(parts)
