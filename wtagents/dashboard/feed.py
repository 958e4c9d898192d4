"""What the store and the run folders say, as messages to an application.

Everything here runs in worker threads with a context of their own and only posts messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from wtagents.core.errors import WtaError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.dashboard.watch import Watch
from wtagents.operations.telling.logs import LogsRequest, story
from wtagents.operations.telling.lookout import Lookout
from wtagents.operations.telling.past import overview_at
from wtagents.operations.telling.status import StatusRequest, TaskStatus, status
from wtagents.operations.telling.story import Teller
from wtagents.operations.telling.story_then import story_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from wtagents.core.story import StoryLine
    from wtagents.operations.context import Context
    from wtagents.operations.telling.overview import Overview

STATE_SECONDS = 0.5
LOOK_SECONDS = 0.25
"""Between two looks at everything: no eye follows more."""
TROUBLE_SECONDS = 1.0


class LineTold(Message):
    """The story went on."""

    def __init__(self, line: StoryLine, teller: Event) -> None:
        """`teller` is what ends the telling."""
        super().__init__()
        self.line = line
        self.teller = teller


class StateSeen(Message):
    """The task was looked at."""

    def __init__(self, state: TaskStatus) -> None:
        super().__init__()
        self.state = state


class Refused(Message):
    """Something could not be done or read; the application goes on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class OverviewSeen(Message):
    """Everything was looked at."""

    def __init__(self, seen: Overview) -> None:
        super().__init__()
        self.seen = seen


class PastSeen(Message):
    """A moment that has passed was rebuilt."""

    def __init__(self, seen: Overview) -> None:
        super().__init__()
        self.seen = seen


class StoreTroubled(Message):
    """Nothing can be read now; what was seen last stays on the screen."""

    def __init__(self, error: WtaError) -> None:
        super().__init__()
        self.error = error


def follow_all(
    context: Context, *, post: Callable[[Message], object], closed: Event, asked: Event
) -> None:
    """Look at everything when something changed, and now and then, until closed.

    `asked` wants a look at once.
    """
    watch, lookout = Watch(context), Lookout(context)
    while not closed.is_set():
        pause = LOOK_SECONDS
        try:
            if asked.is_set() or lookout.wants_look or watch.is_due():
                asked.clear()
                watch.look_begins()
                context.reload_settings()
                seen = lookout.look()
                watch.saw(seen)
                post(OverviewSeen(seen))
                lookout.catch_up(closed)
        except WtaError as error:
            watch.begin_again()
            post(StoreTroubled(error))
            pause = TROUBLE_SECONDS
        context.clock.wait(closed, pause)


def look_back(context: Context, at: datetime) -> Message:
    """Rebuild a moment."""
    try:
        return PastSeen(overview_at(context, at).data)
    except WtaError as error:
        return StoreTroubled(error)


def follow_story(
    context: Context, name: str, *, post: Callable[[Message], object], closed: Event
) -> None:
    """Tell one run after the other until closed; a new run is found when it begins."""
    number, teller = 1, Teller()
    while not closed.is_set():
        try:
            request = LogsRequest(name=name, run=number, follow=True)
            for line in story(context, request, closed=closed, teller=teller):
                post(LineTold(line, closed))
            number += 1
        except WtaError:
            context.clock.wait(closed, STATE_SECONDS)


def tell_until(
    context: Context, name: str, at: datetime, *, post: Callable[[Message], object], closed: Event
) -> None:
    """Tell all runs up to a moment, or until closed."""
    try:
        for line in story_until(context, name, at, closed=closed):
            post(LineTold(line, closed))
    except WtaError as error:
        post(Refused(error.message))


def watch_state(
    context: Context, name: str, *, post: Callable[[Message], object], closed: Event
) -> None:
    """Look at the task twice a second until closed or until it has ended."""
    while not closed.is_set():
        try:
            seen = status(context, StatusRequest(names=(name,))).data[0]
        except WtaError as error:
            post(Refused(error.message))
        else:
            post(StateSeen(seen))
            if seen.task.state in ENDED_TASK_STATES:
                return
        context.clock.wait(closed, STATE_SECONDS)
