"""The dashboard: an application that is left open all day.

It knows nothing itself. Threads read the store and carry out the same operations as the command
line; they post messages, and the handlers here and on the screens own every widget.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message

from wtagents.core.errors import ExitCode, WtaError
from wtagents.core.text import printable
from wtagents.dashboard import feed
from wtagents.dashboard.acts import ONLY_LOOKS
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.homes import Home, Sight, Subject, homes_of, subject_of
from wtagents.dashboard.look import DARK, LIGHT, named_colours, theme_of_terminal
from wtagents.dashboard.patience import Patience
from wtagents.dashboard.screens.board import BoardScreen
from wtagents.dashboard.screens.cost import CostScreen
from wtagents.dashboard.screens.help import HelpDialog
from wtagents.dashboard.screens.inbox import InboxScreen
from wtagents.dashboard.screens.queue import QueueScreen
from wtagents.dashboard.screens.room import Room
from wtagents.dashboard.screens.task import TaskScreen
from wtagents.dashboard.widgets.masthead import Masthead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from textual.driver import Driver
    from textual.screen import Screen

    from wtagents.dashboard.desk import Verb
    from wtagents.operations.context import Context

    class Follow(Protocol):
        """Posts what it sees until `closed`; `asked` wants a look at once."""

        def __call__(
            self,
            context: Context,
            *,
            post: Callable[[Message], object],
            closed: Event,
            asked: Event,
        ) -> None: ...


class Seen(Message):
    """Something was seen of a repository."""

    def __init__(self, home: Home, what: Message) -> None:
        super().__init__()
        self.home = home
        self.what = what


class Said(Message):
    """An act has something to say."""

    def __init__(self, text: str, tone: Tone) -> None:
        super().__init__()
        self.text = text
        self.tone = tone


class Done(Message):
    """An act was carried out; what follows is for the thread of the application."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self.then = then


class Dashboard(App[None]):
    """All tasks of one repository, or of several."""

    MODES: ClassVar[dict[str, str | Callable[[], Any]]] = {
        "board": BoardScreen,
        "inbox": InboxScreen,
        "queue": QueueScreen,
        "cost": CostScreen,
    }
    DEFAULT_MODE = "board"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "show_mode('board')", "Board", show=False),
        Binding("2", "show_mode('inbox')", "Inbox", show=False),
        Binding("3", "show_mode('queue')", "Queue", show=False),
        Binding("4", "show_mode('cost')", "Cost", show=False),
        Binding("question_mark", "show_help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", "Quit", show=False),
    ]

    def __init__(
        self,
        *contexts: Context,
        wake: Callable[[Context], object] | None = None,
        theme: str | None = None,
        follow: Follow = feed.follow_all,
        may_act: bool = True,
        driver: type[Driver] | None = None,
    ) -> None:
        """`contexts` are the repositories; screens that show one begin with the first.

        `wake` makes sure that somebody follows what was begun in one of them. `follow` looks at
        one in a thread of its own and posts what it sees. Without `may_act` no verb is carried
        out. `driver` draws elsewhere than on the terminal.
        """
        super().__init__(driver_class=driver, css_path=Path(__file__).with_name("dashboard.tcss"))
        self._homes = homes_of(contexts)
        self._home = self._homes[0]
        self.title = self._home.name if len(contexts) == 1 else f"{len(contexts)} repositories"
        self._wake = wake
        self._feed = follow
        self._may_act = may_act
        self._left = Event()
        self._under_way: list[str] = []
        self._warned = False
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.ansi_theme_dark = named_colours(DARK)
        self.ansi_theme_light = named_colours(LIGHT)
        self.theme = theme or theme_of_terminal()

    @property
    def homes(self) -> tuple[Home, ...]:
        """All repositories."""
        return self._homes

    @property
    def home(self) -> Home:
        """The repository of screens that show one."""
        return self._home

    @property
    def sights(self) -> tuple[Sight, ...]:
        """What the last looks found."""
        return tuple(
            Sight(seen=home.seen, label=home.label) for home in self._homes if home.seen is not None
        )

    @property
    def moment(self) -> datetime | None:
        """The moment that is shown; None for now."""
        return None

    @property
    def may_act(self) -> bool:
        """Whether verbs are carried out: never in the past."""
        return self._may_act and self.moment is None

    @property
    def broken_by(self) -> Exception | None:
        """What ended the application, if it was not a person."""
        return self._exception

    def now(self) -> datetime:
        """Aware time."""
        return self._home.context.clock.now()

    def subject(self, key: str) -> Subject | None:
        """Return a task as it was seen last."""
        return subject_of(self._homes, key)

    def choose(self, home: Home) -> None:
        """Make this the repository of screens that show one."""
        self._home = home

    def open(self, subject: Subject, tab: str = "story") -> None:
        """Show everything about a task."""
        _ = self.push_screen(TaskScreen(subject.home, subject.name, tab=tab))

    def act(
        self,
        home: Home,
        doing: str,
        verb: Verb,
        *,
        done: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        """Carry out a verb in a thread of its own and say what came of it."""
        if not self.may_act:
            self.say(f"! {doing}: {ONLY_LOOKS}", Tone.NOTICE)
            return
        self.say(f"{doing} …", Tone.FAINT)
        self._under_way.append(doing)
        self._carry_out(home, doing, verb, done, then)

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Say something in the line above the keys."""
        for screen in self.screen_stack:
            if isinstance(screen, Room) and screen.is_furnished:
                screen.say(printable(text), tone)

    def on_mount(self) -> None:
        """Begin to look."""
        for home in self._homes:
            self._follow(home)

    def on_unmount(self) -> None:
        """Let nobody wait."""
        self._left.set()

    @work(thread=True, group="feed")
    def _follow(self, home: Home) -> None:
        context = home.another()
        self._feed(
            context,
            post=lambda what: self.post_message(Seen(home, what)),
            closed=self._left,
            asked=home.asked,
        )
        context.close()

    @work(thread=True, group="acts")
    def _carry_out(
        self, home: Home, doing: str, verb: Verb, done: str, then: Callable[[], None] | None
    ) -> None:
        context = home.another(clock=Patience(home.context.clock, self._left))
        try:
            result = verb(context, lambda text: self._post_said(text, Tone.FAINT))
            if then is not None:
                self.post_message(Done(then))
            self._tell_result(result.messages, result.exit_code, result.data, done)
            if self._wake is not None:
                self._wake(context)
        except WtaError as error:
            cause = f": {error.cause}" if error.cause else ""
            hint = f"   {error.hint}" if error.hint else ""
            self._post_said(f"! {error.message}{cause}{hint}", Tone.BAD)
        finally:
            context.close()
            home.asked.set()
            self._under_way.remove(doing)

    def _tell_result(
        self, messages: tuple[str, ...], exit_code: ExitCode, data: object, done: str
    ) -> None:
        if exit_code is ExitCode.OK:
            self._post_said("; ".join((done, *messages)), Tone.GOOD)
            return
        why = messages or tuple(filter(None, [getattr(data, "detail", "")]))
        self._post_said(f"! {'; '.join(why) or 'it was refused'}", Tone.NOTICE)

    def _post_said(self, text: str, tone: Tone) -> None:
        self.post_message(Said(text, tone))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer whatever a key does now, the other screens and the themes."""
        for mode in self.MODES:
            if mode != self.current_mode:
                yield SystemCommand(
                    f"Show the {mode}", "another screen", partial(self.action_show_mode, mode)
                )
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.description and not binding.action.startswith("show_"):
                yield SystemCommand(
                    binding.description,
                    f"key {self.get_key_display(binding)}",
                    partial(self.run_action, binding.action, active.node),
                )
        yield SystemCommand("Theme", "other colours", self.action_change_theme)

    def action_show_help(self) -> None:
        """Tell the keys and the signs."""
        _ = self.push_screen(HelpDialog())

    async def action_quit(self) -> None:
        """Leave; what is under way is named first, for the terminal has to wait for it."""
        under_way = ", ".join(self._under_way)
        if under_way and not self._warned:
            self._warned = True
            self.say(f"{under_way} is under way; q again leaves as soon as it can", Tone.NOTICE)
            return
        await super().action_quit()

    async def action_show_mode(self, mode: str) -> None:
        """Show the board, the inbox, or another of the screens that are always there."""
        if mode != self.current_mode:
            await self.switch_mode(mode)

    @on(Masthead.Asked)
    async def _mode_asked(self, event: Masthead.Asked) -> None:
        await self.action_show_mode(event.mode)

    @on(Done)
    def _done(self, event: Done) -> None:
        event.then()

    @on(Said)
    def _said(self, event: Said) -> None:
        self.say(event.text, event.tone)

    @on(Seen)
    def _show(self, event: Seen) -> None:
        home, what = event.home, event.what
        if isinstance(what, feed.OverviewSeen):
            home.seen = what.seen
            self._note_trouble(home, None)
            screen = self._room()
            if screen is not None:
                screen.show()
        elif isinstance(what, feed.StoreTroubled):
            self._note_trouble(home, what.error)

    def _note_trouble(self, home: Home, error: WtaError | None) -> None:
        if error is None and home.trouble is None:
            return
        home.trouble = error
        screen = self._room()
        if screen is not None:
            troubled = [(each.label, each.trouble) for each in self._homes]
            screen.show_trouble([(label, found) for label, found in troubled if found is not None])

    def _room(self) -> Room | None:
        """Return the screen that is shown, below any dialog."""
        rooms = [each for each in self.screen_stack if isinstance(each, Room) and each.is_furnished]
        return rooms[-1] if rooms else None
