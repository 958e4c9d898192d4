"""What the terminal shows of an application that a test runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wtagents.dashboard.feed import OverviewSeen
from wtagents.dashboard.homes import Sight
from wtagents.operations.telling.overview import Overview
from wtagents.system.load import Load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from threading import Event

    from textual.app import App
    from textual.message import Message
    from textual.pilot import Pilot

    from wtagents.operations.context import Context
    from wtagents.operations.telling.status import TaskStatus

DEADLINE = 40.0
_PAUSE = 0.03


def screen_text(app: App[Any]) -> str:
    """Return the lines of the terminal, without the spaces at their ends."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips).rstrip()


async def until(pilot: Pilot[None], condition: Callable[[], bool], *, what: str) -> None:
    """Let the application work until something is so."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if condition():
            return
        await pilot.pause(_PAUSE)
    raise AssertionError(f"not within {DEADLINE} s: {what}\n{screen_text(pilot.app)}")


def a_sight(items: Sequence[TaskStatus], at: datetime, *, label: str = "") -> Sight:
    """Return what a look at these tasks finds."""
    seen = Overview(
        items=tuple(items),
        cost_today=3.5,
        budget_today=None,
        limits=(),
        load=Load(average=1.25, processors=2),
        at=at,
    )
    return Sight(seen=seen, label=label)


class Looks:
    """Stands for the feed: posts what the test wants to be seen."""

    def __init__(self, context: Context, items: Sequence[TaskStatus]) -> None:
        self._context = context
        self._post: Callable[[Message], object] = print
        self._items = tuple(items)

    def __call__(
        self, context: Context, *, post: Callable[[Message], object], closed: Event, asked: Event
    ) -> None:
        """See the first items; what follows is shown by the test."""
        del context, closed, asked
        self._post = post
        self.show(self._items)

    def show(self, items: Sequence[TaskStatus]) -> None:
        """Let the application see these tasks."""
        self._post(OverviewSeen(a_sight(items, self._context.clock.now()).seen))

    def post(self, message: Message) -> None:
        """Let the application hear something else of the feed."""
        self._post(message)
