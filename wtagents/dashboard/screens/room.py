"""What all screens have: totals above, a line for what was done, the keys below."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Static

from wtagents.dashboard.acts import CHANGES
from wtagents.dashboard.totals import totals_of
from wtagents.dashboard.widgets.keys import KeyLine
from wtagents.dashboard.widgets.masthead import Masthead, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from wtagents.core.errors import WtaError
    from wtagents.dashboard.desk import Desk
    from wtagents.dashboard.grid import Tone
    from wtagents.dashboard.screens.dialogs import Dialog, Said


NEXT_HOME = Binding("greater_than_sign", "next_home", "Next repository", key_display=">")
"""For screens that show one repository of several."""


class Narration(Static):
    """What the last act came to."""

    def say(self, text: str, tone: Tone) -> None:
        """Say it until something else is said."""
        self.set_classes(f"-{tone}")
        self.update(Text(text, no_wrap=True, overflow="ellipsis"), layout=False)


class Room(Screen[None]):
    """A screen of the dashboard."""

    is_of_one_home = False
    """Whether it shows one repository where there are several."""
    _was_mounted = False

    @property
    def is_furnished(self) -> bool:
        """Whether all its widgets are there: not before it is mounted, not while it goes."""
        return self._was_mounted and self.app.is_running and not self._pruning

    @property
    def desk(self) -> Desk:
        """The application."""
        return cast("Desk", self.app)

    def compose(self) -> ComposeResult:
        """Put the screen's own widgets between what all have."""
        yield Masthead(
            self.desk.title,
            self.app.current_mode,
            note="" if self.desk.may_act or self.desk.moment is not None else "looks only",
        )
        yield Trouble()
        yield from self.body()
        yield Narration(id="narration")
        yield KeyLine()

    def body(self) -> Iterable[Widget]:
        """Return what only this screen has."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer nothing that changes anything where one may only look."""
        if action in CHANGES and not self.desk.may_act:
            return False
        if action == "next_home" and len(self.desk.homes) == 1:
            return False
        return super().check_action(action, parameters)

    def action_next_home(self) -> None:
        """Show the next repository."""
        homes = self.desk.homes
        self.desk.choose(homes[(homes.index(self.desk.home) + 1) % len(homes)])
        self.show()

    def show(self) -> None:
        """Show what was seen."""
        desk = self.desk
        title = desk.home.name if self.is_of_one_home else desk.title
        self.query_one(Masthead).show(title, totals_of(desk.sights), desk.moment)

    def ask(self, dialog: Dialog[Said], then: Callable[[Said | None], None]) -> None:
        """Show a dialog and go on with its answer, None where there is none."""
        _ = self.app.push_screen(dialog, then)

    def show_trouble(self, troubles: Sequence[tuple[str, WtaError]]) -> None:
        """Show what cannot be read of which repository, or that all is well."""
        self.query_one(Trouble).show(troubles)

    def say(self, text: str, tone: Tone) -> None:
        """Say what came of an act."""
        self.query_one(Narration).say(text, tone)

    def on_mount(self) -> None:
        """Show what is known already."""
        self._was_mounted = True
        if self.desk.sights:
            self.show()
        self.call_after_refresh(self.refresh_bindings)

    def on_screen_resume(self) -> None:
        """Show what happened while another screen was shown."""
        if self.is_furnished and self.desk.sights:
            self.show()
