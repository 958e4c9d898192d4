"""One task: its story while it happens, a line to talk to its agent, and what is known of it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static, TabbedContent, TabPane

from wtagents.core.agenda import Agenda
from wtagents.core.figures import plural
from wtagents.core.text import printable
from wtagents.dashboard import feed
from wtagents.dashboard.acts import ONLY_LOOKS, is_held
from wtagents.dashboard.cells import GLYPHS
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.screens.deeds import TaskRoom
from wtagents.dashboard.screens.dialogs import LineDialog
from wtagents.dashboard.screens.looking import CheckpointsRead, PatchRead, compare, look_back
from wtagents.dashboard.story import Story
from wtagents.dashboard.widgets.agenda import AgendaLine, AgendaView
from wtagents.dashboard.widgets.checkpoints import CheckpointTable
from wtagents.dashboard.widgets.patch_table import PatchTable
from wtagents.dashboard.widgets.preview import Preview
from wtagents.dashboard.widgets.review import Review
from wtagents.dashboard.widgets.table import Table
from wtagents.operations.keeping.restore import RestoreRequest, restore
from wtagents.operations.steering.interrupt import interrupt
from wtagents.operations.telling.status_words import now_of, state_word

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from textual.widget import Widget

    from wtagents.dashboard.homes import Home, Subject
    from wtagents.operations.telling.status import TaskStatus

TABS = ("story", "diff", "plan", "checkpoints", "facts")
_FOCUSED: dict[str, type[Widget]] = {
    "story": Story,
    "plan": AgendaView,
    "diff": PatchTable,
    "checkpoints": CheckpointTable,
}


class TaskScreen(TaskRoom):
    """Everything about one task."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("i", "talk", "Talk"),
        Binding("left_square_bracket", "tab(-1)", "Tab before", key_display="[", show=False),
        Binding("right_square_bracket", "tab(1)", "Next tab", key_display="]", show=False),
        Binding("l", "landing", "Landing"),
        Binding("ctrl+r", "reload", "Look again", show=False),
        Binding("ctrl+g", "edit", "Write in the editor", show=False),
        Binding("ctrl+c", "interrupt", "Interrupt the turn", priority=True, show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, home: Home, name: str, *, tab: str = "story") -> None:
        super().__init__()
        self._home = home
        self._of_task = name
        self._tab = tab
        self._landing: bool | None = None
        self._agenda = Agenda()
        self._told: tuple[datetime | None] | None = None
        """The moment that the story is told until, None for now; nothing before it begins."""
        self._left = Event()

    def body(self) -> Iterable[Widget]:
        """Return the headline, the tabs and the line to talk."""
        yield Static(id="headline")
        with TabbedContent(initial=self._tab):
            with TabPane("Story", id="story"):
                yield AgendaLine()
                yield Story(id="told")
            with TabPane("Diff", id="diff"):
                yield Review()
            with TabPane("Plan", id="plan"):
                yield AgendaView(id="agenda")
            with TabPane("Checkpoints", id="checkpoints"):
                yield CheckpointTable()
            with TabPane("Facts", id="facts"):
                yield Preview(headed=False)
        yield Static(id="asked")
        find = Input(id="find", placeholder="words to find in the story; none forgets them")
        find.display = False
        yield find
        yield Input(id="say")

    def on_mount(self) -> None:
        """Begin to follow the story."""
        super().on_mount()
        self._begin_story()

    def on_unmount(self) -> None:
        """Let nobody wait."""
        self._left.set()

    def show(self) -> None:
        """Show how the task is, or was."""
        super().show()
        self._begin_story()
        line, may_act = self.query_one("#say", Input), self.desk.may_act
        line.disabled = not may_act
        says = f"i: say something to {self._of_task}, Enter sends"
        line.placeholder = says if may_act else ONLY_LOOKS
        subject = self.meant()
        if subject is None:
            return
        item = subject.item
        self.query_one("#headline", Static).update(self._headline(item), layout=False)
        self.query_one(Preview).show(item, self.desk.now())
        question = item.pulse.question if item.pulse is not None else None
        bar = self.query_one("#asked", Static)
        bar.display = question is not None
        if question is not None:
            bar.update(Text(f"? a answers   {printable(question.told)}"))
        self._show_agenda()
        self.offer()

    def meant(self) -> Subject | None:
        """Return the task, None once it is cleaned up."""
        return self.desk.subject(self._home.key_of(self._of_task))

    def action_back(self) -> None:
        """Leave the line, then the screen."""
        if self.query_one("#say").has_focus or self.query_one("#find").has_focus:
            self.query_one("#find").display = False
            self._enter(self.query_one(TabbedContent).active)
        else:
            _ = self.app.pop_screen()

    def action_talk(self) -> None:
        """Begin to type to the agent."""
        self.query_one("#say").focus()

    def action_tab(self, by: int) -> None:
        """Show the next tab, or the one before."""
        now = TABS.index(self.query_one(TabbedContent).active)
        self._show_tab(TABS[(now + by) % len(TABS)])

    def _show_tab(self, tab: str) -> None:
        # What has the focus would hand it on inside its tab when that is hidden, and bring it back.
        self.set_focus(None)
        self.query_one(TabbedContent).active = tab

    def action_page(self, pages: int) -> None:
        """Read further up or down; at the end the story is followed again."""
        story = self.query_one(Story)
        (story.scroll_page_up if pages < 0 else story.scroll_page_down)(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Words go through the line below, not through a dialog; a landing must have been built."""
        if action == "landing":
            subject = self.meant()
            merge = subject.item.merge if subject is not None else None
            return merge is not None and merge.candidate is not None
        if action == "act" and parameters[0] == "send":
            return False
        if action == "edit":
            return self.desk.may_act and not self.app.is_web
        return super().check_action(action, parameters)

    @on(TabbedContent.TabActivated)
    def _shown(self, event: TabbedContent.TabActivated) -> None:
        tab = event.pane.id or ""
        if tab == "diff":
            self._compare()
        elif tab == "checkpoints":
            self._look_back()
        self._enter(tab)

    def _enter(self, tab: str) -> None:
        """Let what is shown take the keys; a widget of another tab would bring that to the top."""
        widget = _FOCUSED.get(tab)
        if widget is None:
            self.set_focus(None)
        else:
            self.query_one(widget).focus()

    # ------------------------------------------------------------------------ story and plan

    def _begin_story(self) -> None:
        """Tell what there is to tell at another moment, and look at the files of then."""
        if self._told == (self.desk.moment,):
            return
        is_first, self._told = self._told is None, (self.desk.moment,)
        self._left.set()
        self._left = Event()
        self._agenda = Agenda()
        self.query_one(Story).begin_again()
        self._follow(self._left, self.desk.moment)
        if not is_first and self.query_one(TabbedContent).active in ("diff", "checkpoints"):
            self.action_reload()

    @work(thread=True, group="story")
    def _follow(self, closed: Event, at: datetime | None) -> None:
        context, post = self._home.another(), self.post_message
        if at is None:
            feed.follow_story(context, self._of_task, post=post, closed=closed)
        else:
            feed.tell_until(context, self._of_task, at, post=post, closed=closed)
        context.close()

    @on(feed.LineTold)
    def _tell(self, event: feed.LineTold) -> None:
        if not self.is_furnished or event.teller is not self._left:
            return
        self.query_one(Story).tell(event.line)
        if event.line.agenda is not None:
            self._agenda = event.line.agenda
            self._show_agenda()

    def _show_agenda(self) -> None:
        subject = self.meant()
        prompt = subject.item.task.prompt if subject is not None else ""
        follows = self.query_one(Story).follows
        self.query_one(AgendaLine).show(self._agenda, follows=follows)
        self.query_one(AgendaView).show(self._agenda, prompt)

    @on(Story.Turned)
    def _turned(self, event: Story.Turned) -> None:
        if event.text:
            self.desk.say(event.text, Tone.FAINT)
        self._show_agenda()

    @on(Story.SearchAsked)
    def _search(self) -> None:
        line = self.query_one("#find", Input)
        line.display = True
        line.focus()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        event.input.display = False
        story = self.query_one(Story)
        story.search(event.value)
        story.focus()

    @on(Input.Submitted, "#say")
    def _say(self, event: Input.Submitted) -> None:
        text, subject = event.value.strip(), self.meant()
        event.input.clear()
        if text and subject is not None:
            self.tell_agent(subject, text)

    def action_edit(self) -> None:
        """Go on in the editor with what the line begins; what is not sent stays there."""
        line, subject = self.query_one("#say", Input), self.meant()
        if subject is not None:
            self.ask_for_words(subject, line.value, at_once=True, then=line.clear)

    def action_interrupt(self) -> None:
        """End the running turn; the agent, its conversation and this screen stay."""
        name = self._of_task
        self.desk.act(
            self._home,
            f"interrupting {name}",
            lambda context, _: interrupt(context, name),
            done=f"the turn of {name} was interrupted",
        )

    # ---------------------------------------------------------------------------------- diff

    def action_reload(self) -> None:
        """Look at the changes, or at the checkpoints, again."""
        if self.query_one(TabbedContent).active == "checkpoints":
            self._look_back()
        else:
            self._compare()

    def action_landing(self) -> None:
        """Show what the last attempt to land it does to the target, or what it changed at all."""
        self._landing = not self._shows_landing
        self._show_tab("diff")
        what = "the last attempt to land it" if self._landing else "all changes since its base"
        self.desk.say(f"{what}; l shows the other", Tone.FAINT)
        self._compare()

    @property
    def _shows_landing(self) -> bool:
        """What was chosen; else what is held of a task that is held."""
        if self._landing is not None:
            return self._landing
        subject = self.meant()
        return subject is not None and is_held(subject.item)

    @work(thread=True, group="diff", exclusive=True)
    def _compare(self) -> None:
        landing, at = self._shows_landing, self.desk.moment
        self.post_message(compare(self._home, self._of_task, landing=landing, at=at))

    @on(PatchRead)
    def _patch_read(self, event: PatchRead) -> None:
        if self.is_furnished and event.at == self.desk.moment:
            self.query_one(Review).show(event.patch, event.cells, event.empty)
            if event.said:
                self.desk.say(event.said, Tone.FAINT)

    @on(Review.CommentAsked)
    def _comment_asked(self, event: Review.CommentAsked) -> None:
        def said(text: str | None) -> None:
            if text is not None:
                self.query_one(Review).comment(event.line, text)

        place = event.line.place
        hint = "nothing takes it back"
        self.ask(LineDialog(f"Comment on {place}", hint, event.text, may_edit=True), said)

    @on(Review.CommentsDone)
    def _comments_done(self, event: Review.CommentsDone) -> None:
        review, subject = self.query_one(Review), self.meant()
        if subject is not None:
            self.tell_agent(
                subject,
                event.text,
                done=f"{self._of_task} heard {plural(event.number, 'comment')}",
                then=review.forget_comments,
            )

    # --------------------------------------------------------------------------- checkpoints

    @work(thread=True, group="checkpoints", exclusive=True)
    def _look_back(self) -> None:
        self.post_message(look_back(self._home, self._of_task, self.desk.moment))

    @on(CheckpointsRead)
    def _checkpoints_read(self, event: CheckpointsRead) -> None:
        if self.is_furnished and event.at == self.desk.moment:
            table = self.query_one(CheckpointTable)
            table.show_checkpoints(event.found, self.desk.now(), event.empty)

    def ask_for_checkpoint(self, subject: Subject) -> None:
        """Show the checkpoints, and put the one under the cursor back after a yes."""
        table = self.query_one(CheckpointTable)
        if self.query_one(TabbedContent).active != "checkpoints":
            self._show_tab("checkpoints")
        elif table.chosen is not None:
            name, number, stops = subject.name, table.chosen.number, subject.is_live
            request = RestoreRequest(name=name, at=str(number), stop=stops)
            self.confirm(
                f"Put the files of {name} back as at checkpoint {number}?",
                table.consequence(is_live=stops),
                lambda: self.desk.act(
                    subject.home,
                    f"restoring {name}",
                    lambda context, _: restore(context, request),
                    done=f"{name} is as at checkpoint {number}",
                    then=self.action_reload,
                ),
            )

    def chosen_checkpoint(self) -> str:
        """Return the one under the cursor, where checkpoints are shown."""
        if self.query_one(TabbedContent).active != "checkpoints":
            return ""
        return self.query_one(CheckpointTable).key or ""

    @on(Table.Opened, "#kept")
    def _checkpoint_opened(self) -> None:
        subject = self.meant()
        if subject is not None and self.desk.may_act:
            self.ask_for_checkpoint(subject)

    def _headline(self, item: TaskStatus) -> Text:
        word, said = state_word(item), now_of(item, self.desk.now())
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(self._home.key_of(item.task.name), "bold")
        line.append(f"   {GLYPHS.get(word, '')} {word}   ")
        line.append(said, "bold" if item.attention else "")
        return line
