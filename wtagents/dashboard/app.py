"""The dashboard: an application that is left open all day.

It knows nothing itself. Threads read the store and carry out the same operations as the command
line; they post messages, and the handlers here and on the screens own every widget.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual import on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message

from wtagents.core.errors import UsageError, WtaError
from wtagents.core.past import parse_past
from wtagents.core.record import replace
from wtagents.dashboard import feed
from wtagents.dashboard.acting import Acting
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.homes import Home, Sight, Subject, homes_of, subject_of
from wtagents.dashboard.look import DARK, LIGHT, named_colours, theme_of_terminal
from wtagents.dashboard.memory import Memory, load_memory, save_memory
from wtagents.dashboard.screens.board import BoardScreen
from wtagents.dashboard.screens.cost import CostScreen
from wtagents.dashboard.screens.dialogs import LineDialog
from wtagents.dashboard.screens.help import HelpDialog
from wtagents.dashboard.screens.inbox import InboxScreen
from wtagents.dashboard.screens.queue import QueueScreen
from wtagents.dashboard.screens.task import TaskScreen
from wtagents.dashboard.widgets.masthead import Masthead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from threading import Event

    from textual.driver import Driver
    from textual.screen import Screen
    from textual.theme import Theme

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


_MOVES = ("move(", "page(", "edge(", "tab(", "scroll_", "show_mode(", "screen.", "app.")
"""How actions begin that nobody looks for by name."""


class Seen(Message):
    """Something was seen of a repository, which keeps it."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self.home = home


class Rebuilt(Message):
    """A moment of a repository was rebuilt, or could not be."""

    def __init__(self, home: Home, what: Message) -> None:
        super().__init__()
        self.home = home
        self.what = what


class Dashboard(Acting):
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
        Binding("comma", "step(-1)", "A minute back", key_display=",", show=False),
        Binding("full_stop", "step(1)", "A minute forward", key_display=".", show=False),
        Binding("at", "moment", "Go to a moment", key_display="@", show=False),
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
        at: datetime | None = None,
        driver: type[Driver] | None = None,
    ) -> None:
        """`contexts` are the repositories; screens that show one begin with the first.

        `wake` makes sure that somebody follows what was begun in one of them. `follow` looks at
        one in a thread of its own and posts what it sees. Without `may_act` no verb is carried
        out. `at` is a moment of the past to begin with. `driver` draws elsewhere than on the
        terminal.
        """
        styles = [Path(__file__).with_name(f"{name}.tcss") for name in ("dashboard", "dialogs")]
        super().__init__(css_path=styles, wake=wake, driver=driver)
        self._homes = homes_of(contexts)
        self._home = self._homes[0]
        self.title = self._home.name if len(contexts) == 1 else f"{len(contexts)} repositories"
        self._feed = follow
        self._may_act = may_act
        self._moment = at
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.ansi_theme_dark = named_colours(DARK)
        self.ansi_theme_light = named_colours(LIGHT)
        self._memory = load_memory()
        self._writing = Lock()
        known = self._memory.theme if self._memory.theme in self.available_themes else ""
        self.theme = theme or known or theme_of_terminal()

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
            Sight(seen=seen, label=home.label, place=home.context.paths.root.name)
            for home in self._homes
            if (seen := home.seen if self._moment is None else home.past) is not None
        )

    @property
    def moment(self) -> datetime | None:
        """The moment that is shown; None for now."""
        return self._moment

    @property
    def memory(self) -> Memory:
        """What is remembered from one start to the next."""
        return self._memory

    def remember(self, memory: Memory) -> None:
        """Keep it; whoever only looks changes no file."""
        self._memory = memory
        if self._may_act:
            self._save()

    def _theme_chosen(self, theme: Theme) -> None:
        self.remember(replace(self._memory, theme=theme.name))

    @work(thread=True, group="memory")
    def _save(self) -> None:
        with self._writing:
            save_memory(self._memory)

    @property
    def may_act(self) -> bool:
        """Whether verbs are carried out: never in the past."""
        return self._may_act and self._moment is None

    @property
    def broken_by(self) -> Exception | None:
        """What ended the application, if it was not a person."""
        return self._exception

    def now(self) -> datetime:
        """Aware time of what is shown."""
        return self._moment or self._home.context.clock.now()

    def subject(self, key: str) -> Subject | None:
        """Return a task as it was seen last."""
        return subject_of(self._homes, key)

    def choose(self, home: Home) -> None:
        """Make this the repository of screens that show one."""
        self._home = home

    def open(self, subject: Subject, tab: str = "story") -> None:
        """Show everything about a task."""
        _ = self.push_screen(TaskScreen(subject.home, subject.name, tab=tab))

    def on_mount(self) -> None:
        """Begin to look."""
        self.theme_changed_signal.subscribe(self, self._theme_chosen)
        for home in self._homes:
            self._follow(home)
        if self._moment is not None:
            self._go_to(self._moment)

    def on_unmount(self) -> None:
        """Let nobody wait."""
        self._left.set()

    @work(thread=True, group="feed")
    def _follow(self, home: Home) -> None:
        context = home.another()
        self._feed(
            context,
            post=lambda what: home.hear(what) and self.post_message(Seen(home)),
            closed=self._left,
            asked=home.asked,
        )
        context.close()

    @work(thread=True, group="past", exclusive=True)
    def _look_back(self, at: datetime) -> None:
        for home in self._homes:
            context = home.another()
            self.post_message(Rebuilt(home, feed.look_back(context, at)))
            context.close()

    def _go_to(self, at: datetime | None) -> None:
        """Show a moment, or what is now again."""
        self._moment = at
        if at is not None:
            self._look_back(at)
            return
        for home in self._homes:
            home.past = None
        self._show_all()
        self.screen.refresh_bindings()
        self.say("this is now", Tone.FAINT)

    def action_step(self, minutes: int) -> None:
        """Show how things stood a minute before, or after; beyond the last one is now."""
        now = self._home.context.clock.now()
        if self._moment is None and minutes > 0:
            return
        at = (self._moment or now) + timedelta(minutes=minutes)
        self._go_to(at if at < now else None)

    def action_moment(self) -> None:
        """Ask for a moment to show; nothing for now."""

        def said(text: str | None) -> None:
            if text is None:
                return
            try:
                now = self._home.context.clock.now()
                self._go_to(parse_past(text, now) if text else None)
            except UsageError as error:
                self.say(f"! {error.message}   {error.hint}", Tone.NOTICE)

        ask = LineDialog("Show how things stood at", "14:05, 90m or 2026-11-21 14:05; empty: now")
        _ = self.push_screen(ask, said)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Offer whatever a key does now, the other screens and the themes."""
        for mode in self.MODES:
            if mode != self.current_mode:
                yield SystemCommand(
                    f"Show the {mode}", "another screen", partial(self.action_show_mode, mode)
                )
        for active in screen.active_bindings.values():
            binding = active.binding
            named = binding.description and not binding.action.startswith(_MOVES)
            if active.enabled and named:
                yield SystemCommand(
                    binding.description,
                    f"key {self.get_key_display(binding)}",
                    partial(self.run_action, binding.action, active.node),
                )
        yield SystemCommand("Theme", "other colours", self.action_change_theme)

    def action_show_help(self) -> None:
        """Tell the keys and the signs."""
        _ = self.push_screen(HelpDialog())

    async def action_show_mode(self, mode: str) -> None:
        """Show the board, the inbox, or another of the screens that are always there."""
        if mode != self.current_mode:
            await self.switch_mode(mode)

    @on(Masthead.Asked)
    async def _mode_asked(self, event: Masthead.Asked) -> None:
        await self.action_show_mode(event.mode)

    @on(Seen)
    def _show_now(self, event: Seen) -> None:
        home, what = event.home, event.home.take()
        if isinstance(what, feed.OverviewSeen):
            home.seen = what.seen
            self._note_trouble(home, None)
            self._show_all()
        elif isinstance(what, feed.StoreTroubled):
            self._note_trouble(home, what.error)

    @on(Rebuilt)
    def _show_past(self, event: Rebuilt) -> None:
        home, what = event.home, event.what
        if isinstance(what, feed.StoreTroubled):
            self._note_trouble(home, what.error)
        elif isinstance(what, feed.PastSeen) and what.seen.at == self._moment:
            home.past = what.seen
            self._show_all()
            self.screen.refresh_bindings()

    def _show_all(self) -> None:
        screen = self.room()
        if screen is not None:
            screen.show()

    def _note_trouble(self, home: Home, error: WtaError | None) -> None:
        if error is None and home.trouble is None:
            return
        home.trouble = error
        screen = self.room()
        if screen is not None:
            troubled = [(each.label, each.trouble) for each in self._homes]
            screen.show_trouble([(label, found) for label, found in troubled if found is not None])
