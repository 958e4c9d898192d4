"""Alerts: what a person is told who looks at no screen: what, when, once, and in which words.

What stands (a task needs a person, a budget is nearly used up) is compared with what stood before;
what happened (ready, merged, suspected) is read from the events after the last one that was looked
at. Both wait for the end of a batch, or of quiet hours, and are told together.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, time

STALE = timedelta(hours=1)
"""What happened longer ago than this, while nobody looked, is no news any more."""
_NAMES = 5
"""Names that one line tells."""


class Topic(StrEnum):
    """What an alert is about."""

    ATTENTION = "attention"
    """A task begins to need a person."""
    PARKED = "parked"
    """A task failed, and only a person takes it further."""
    SUSPICION = "suspicion"
    """An agent is stuck or goes in circles."""
    BUDGET = "budget"
    """A budget is nearly or wholly used up."""
    READY = "ready"
    MERGED = "merged"


class Desktop(StrEnum):
    """Whether the desktop shows alerts."""

    AUTO = "auto"
    """Where there is a screen and a program for it."""
    ON = "on"
    OFF = "off"


@record
class QuietHours:
    """From when to when nothing is told, by the local clock; may pass midnight."""

    begin: time
    end: time

    def cover(self, local: datetime) -> bool:
        """Whether a local time lies within."""
        at = local.time()
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


@record
class NotifySettings:
    """How a person is told who looks at no screen. Times in seconds."""

    desktop: Desktop = Desktop.AUTO
    bell: bool = False
    webhook: str | None = None
    command: tuple[str, ...] = ()
    events: tuple[Topic, ...] = tuple(Topic)
    quiet: QuietHours | None = None
    batch: float = 5.0


@record
class Alert:
    """One thing to tell."""

    key: str
    """The same for the same cause, so that it is told once."""
    topic: Topic
    task: str
    """'' for what is about no task."""
    text: str
    """What is said behind the name of the task."""
    at: datetime
    standing: bool
    """Whether it is forgotten when it ends, told or not."""


@record
class Notification:
    """What one notification says. `title` and `lines` are printable."""

    title: str
    lines: tuple[str, ...]
    alerts: tuple[Alert, ...]


def is_due(
    waiting: Sequence[Alert], now: datetime, *, batch: float, quiet: QuietHours | None
) -> bool:
    """Whether what waits is to be told now: the batch is over, and so are the quiet hours."""
    if not waiting or (quiet is not None and quiet.cover(now.astimezone())):
        return False
    waited = (now - min(each.at for each in waiting)).total_seconds()
    # A clock that was set back would let it wait for as long again.
    return waited >= batch or waited < 0


def compose(alerts: Sequence[Alert], title: str) -> Notification:
    """Say all of it in one line per topic; of a task that has landed not that it was ready."""
    landed = {each.task for each in alerts if each.topic is Topic.MERGED}
    told = [each for each in alerts if each.topic is not Topic.READY or each.task not in landed]
    lines: list[str] = []
    for topic in Topic:
        about = [each for each in told if each.topic is topic]
        if topic is Topic.BUDGET or len({each.task for each in about}) == 1:
            lines += dict.fromkeys(f"{each.task} {each.text}".strip() for each in about)
        elif about:
            names = list(dict.fromkeys(each.task for each in about))
            lines.append(f"{len(names)} {_MANY[topic]}: {_listed(names)}")
    return Notification(title=title, lines=tuple(lines), alerts=tuple(told))


_MANY = {
    Topic.ATTENTION: "tasks need you",
    Topic.PARKED: "tasks are parked",
    Topic.SUSPICION: "agents are stuck or go in circles",
    Topic.READY: "tasks are ready",
    Topic.MERGED: "tasks have landed",
}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
