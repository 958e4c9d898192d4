"""One task: its story while it happens, a line to talk to its agent, and what is known of it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static, TabbedContent, TabPane

from wtagents.core.errors import WtaError
from wtagents.core.figures import plural
from wtagents.core.text import printable
from wtagents.dashboard import feed
from wtagents.dashboard.acts import ONLY_LOOKS, is_held
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.patch import PatchLine, parse_patch
from wtagents.dashboard.screens.deeds import TaskRoom
from wtagents.dashboard.screens.dialogs import LineDialog
from wtagents.dashboard.story import Story, rendered
from wtagents.dashboard.view import GLYPHS
from wtagents.dashboard.widgets.preview import Preview
from wtagents.dashboard.widgets.review import PatchTable, Review, coloured
from wtagents.operations.steering.interrupt import interrupt
from wtagents.operations.telling.diff import DiffRequest, diff
from wtagents.operations.telling.status_words import now_of, state_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from wtagents.dashboard.grid import Cell
    from wtagents.operations.telling.overview import Overview
    from wtagents.operations.telling.status import TaskStatus

TABS = ("story", "diff", "facts")


class PatchRead(Message):
    """The changes of the task were looked at."""

    def __init__(self, patch: tuple[PatchLine, ...], cells: tuple[Cell, ...], empty: str) -> None:
        super().__init__()
        self.patch = patch
        self.cells = cells
        self.empty = empty


class TaskScreen(TaskRoom):
    """Everything about one task."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("i", "talk", "Talk"),
        Binding("left_square_bracket", "tab(-1)", "Tab before", key_display="[", show=False),
        Binding("right_square_bracket", "tab(1)", "Next tab", key_display="]", show=False),
        Binding("l", "landing", "Landing"),
        Binding("ctrl+r", "reload", "Look again", show=False),
        Binding("ctrl+c", "interrupt", "Interrupt the turn", priority=True, show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, name: str, *, tab: str = "story") -> None:
        super().__init__()
        self._of_task = name
        self._tab = tab
        self._landing: bool | None = None
        self._left = Event()

    def body(self) -> Iterable[Widget]:
        """Return the headline, the tabs and the line to talk."""
        yield Static(id="headline")
        with TabbedContent(initial=self._tab):
            with TabPane("Story", id="story"):
                yield Story(id="told")
            with TabPane("Diff", id="diff"):
                yield Review()
            with TabPane("Facts", id="facts"):
                yield Preview()
        yield Static(id="asked")
        says = f"i: say something to {self._of_task}, Enter sends"
        may_act = self.desk.may_act
        yield Input(id="say", placeholder=says if may_act else ONLY_LOOKS, disabled=not may_act)

    def on_mount(self) -> None:
        """Begin to follow the story."""
        super().on_mount()
        self._follow()

    def on_unmount(self) -> None:
        """Let nobody wait."""
        self._left.set()

    def show(self, seen: Overview) -> None:
        """Show how the task is now."""
        super().show(seen)
        item = self.meant()
        if item is None:
            return
        self.query_one("#headline", Static).update(self._headline(item), layout=False)
        self.query_one(Story).catch_up()
        self.query_one(Preview).show(item, self.desk.now())
        question = item.pulse.question if item.pulse is not None else None
        bar = self.query_one("#asked", Static)
        bar.display = question is not None
        if question is not None:
            said = f"asks to use {question.tool}: {question.summary}"
            bar.update(Text(f"? a answers   {printable(said)}"))
        self.offer()

    def meant(self) -> TaskStatus | None:
        """Return the task, None once it is cleaned up."""
        return self.desk.item(self._of_task)

    def action_back(self) -> None:
        """Leave the line, then the screen."""
        if self.query_one("#say").has_focus:
            self._enter(self.query_one(TabbedContent).active)
        else:
            _ = self.app.pop_screen()

    def action_talk(self) -> None:
        """Begin to type to the agent."""
        self.query_one("#say").focus()

    def action_tab(self, by: int) -> None:
        """Show the next tab, or the one before."""
        tabs = self.query_one(TabbedContent)
        now = TABS.index(tabs.active)
        # What has the focus would hand it on inside its tab when that is hidden, and bring it back.
        self.set_focus(None)
        tabs.active = TABS[(now + by) % len(TABS)]

    def action_page(self, pages: int) -> None:
        """Read further up or down; at the end the story is followed again."""
        story = self.query_one(Story)
        (story.scroll_page_up if pages < 0 else story.scroll_page_down)(animate=False)

    def action_interrupt(self) -> None:
        """End the running turn; the agent, its conversation and this screen stay."""
        name = self._of_task
        self.desk.act(
            f"interrupting {name}",
            lambda context, _: interrupt(context, name),
            done=f"the turn of {name} was interrupted",
        )

    @on(Input.Submitted, "#say")
    def _say(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        event.input.clear()
        if text:
            self.tell_agent(self._of_task, text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Words go through the line below, not through a dialog; a landing must have been built."""
        if action == "landing":
            item = self.meant()
            merge = item.merge if item is not None else None
            return merge is not None and merge.candidate is not None
        return False if action == "send" else super().check_action(action, parameters)

    @on(TabbedContent.TabActivated)
    def _shown(self, event: TabbedContent.TabActivated) -> None:
        if event.pane.id == "diff":
            self._compare()
        self._enter(event.pane.id or "")

    def _enter(self, tab: str) -> None:
        """Let what is shown take the keys; a widget of another tab would bring that to the top."""
        if tab == "facts":
            self.set_focus(None)
        else:
            self.query_one(PatchTable if tab == "diff" else Story).focus()

    def action_reload(self) -> None:
        """Look at the changes again."""
        self._compare()

    def action_landing(self) -> None:
        """Show what the last attempt to land it does to the target, or what it changed at all."""
        self._landing = not self._shows_landing
        self.query_one(TabbedContent).active = "diff"
        what = "the last attempt to land it" if self._landing else "all changes since its base"
        self.desk.say(f"{what}; l shows the other", Tone.FAINT)
        self._compare()

    @property
    def _shows_landing(self) -> bool:
        """What was chosen; else what is held of a task that is held."""
        if self._landing is not None:
            return self._landing
        item = self.meant()
        return item is not None and is_held(item)

    @on(PatchRead)
    def _patch_read(self, event: PatchRead) -> None:
        if self.is_furnished:
            self.query_one(Review).show(event.patch, event.cells, event.empty)

    @on(Review.CommentAsked)
    def _comment_asked(self, event: Review.CommentAsked) -> None:
        def said(text: str | None) -> None:
            if text is not None:
                self.query_one(Review).comment(event.line, text)

        place = event.line.place
        self.ask(LineDialog(f"Comment on {place}", "nothing takes it back", event.text), said)

    @on(Review.CommentsDone)
    def _comments_done(self, event: Review.CommentsDone) -> None:
        review = self.query_one(Review)
        self.tell_agent(
            self._of_task,
            event.text,
            done=f"{self._of_task} heard {plural(event.number, 'comment')}",
            then=review.forget_comments,
        )

    @on(feed.LineTold)
    def _tell(self, event: feed.LineTold) -> None:
        if self.is_furnished:
            self.query_one(Story).tell(rendered(event.line))

    @work(thread=True, group="diff", exclusive=True)
    def _compare(self) -> None:
        landing = self._shows_landing
        context = self.desk.place.another()
        try:
            changed = diff(context, DiffRequest(name=self._of_task, landing=landing))
            patch = parse_patch(changed.data.patch)
            empty = "; ".join(("nothing was changed since the base", *changed.messages))
            self.post_message(PatchRead(patch, coloured(patch), empty))
        except WtaError as error:
            self.post_message(PatchRead((), (), f"{error.message}   {error.hint}"))
        finally:
            context.close()

    @work(thread=True, group="story")
    def _follow(self) -> None:
        context = self.desk.place.another()
        feed.follow_story(context, self._of_task, post=self.post_message, closed=self._left)
        context.close()

    def _headline(self, item: TaskStatus) -> Text:
        word, said = state_word(item), now_of(item, self.desk.now())
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(item.task.name, "bold")
        line.append(f"   {GLYPHS.get(word, '')} {word}   ")
        line.append(said, "bold" if item.attention else "")
        return line
