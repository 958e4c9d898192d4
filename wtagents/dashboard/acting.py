"""The application as far as it acts: verbs in threads of their own, and what came of them."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import App
from textual.message import Message

from wtagents.core.errors import ExitCode, WtaError
from wtagents.core.text import printable
from wtagents.dashboard.acts import ONLY_LOOKS
from wtagents.dashboard.grid import Tone
from wtagents.dashboard.patience import Patience
from wtagents.dashboard.screens.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.driver import Driver

    from wtagents.dashboard.desk import Verb
    from wtagents.dashboard.homes import Home
    from wtagents.operations.context import Context


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


class Acting(App[None]):
    """Carries verbs out and says what came of them; warns who leaves while one goes on."""

    def __init__(
        self,
        *,
        css_path: Sequence[Path],
        wake: Callable[[Context], object] | None,
        driver: type[Driver] | None,
    ) -> None:
        super().__init__(driver_class=driver, css_path=list(css_path))
        self._wake = wake
        self._left = Event()
        self._under_way: list[str] = []
        self._warned = False

    @property
    def may_act(self) -> bool:
        """Whether verbs are carried out."""
        raise NotImplementedError

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

    async def action_quit(self) -> None:
        """Leave; what is under way is named first, for the terminal has to wait for it."""
        under_way = ", ".join(self._under_way)
        if under_way and not self._warned:
            self._warned = True
            self.say(f"{under_way} is under way; q again leaves as soon as it can", Tone.NOTICE)
            return
        await super().action_quit()

    @on(Done)
    def _done(self, event: Done) -> None:
        event.then()

    @on(Said)
    def _said(self, event: Said) -> None:
        self.say(event.text, event.tone)

    def room(self) -> Room | None:
        """Return the screen that is shown, below any dialog."""
        rooms = [each for each in self.screen_stack if isinstance(each, Room) and each.is_furnished]
        return rooms[-1] if rooms else None
