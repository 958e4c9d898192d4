"""The radar: which tasks clash while their agents still work, and who is told what about it.

A clash is a pair that git cannot merge: two tasks, or a task and the target it goes to. Pure: what
was seen is an argument, what is to be said is returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from wtagents.core.task import Task


_UNWATCHED = frozenset({TaskState.PREPARING, *ENDED_TASK_STATES})
TARGET = 0
"""Stands for the target in the place of a task's id; ids of tasks count from 1."""


@record
class Span:
    """Lines of a file, from 1, both ends included; `last` below `first` is a place between two."""

    first: int
    last: int

    def __str__(self) -> str:
        if self.last > self.first:
            return f"{self.first}-{self.last}"
        return str(self.first) if self.last == self.first else f"before {self.first}"


@record
class Place:
    """One path where two sides clash."""

    path: str
    kind: str
    """What happened there, in words."""
    lines: tuple[Span, ...] = ()
    """In the file of the first side; empty where lines mean nothing."""
    other_lines: tuple[Span, ...] = ()


@record
class Misfit:
    """One side changed or removed what the other begins to use; git merges it without a word."""

    name: str
    path: str
    """Where it was changed or removed."""
    was: str
    now: str
    """'' when it is gone."""
    used_in: str
    line: int
    by_other: bool
    """Whether the second side changed it and the first one uses it."""

    @property
    def text(self) -> str:
        """One line for a person."""
        what = f"becomes {self.now}" if self.now else "is removed"
        return f"{self.was} of {self.path} {what}, and {self.used_in}:{self.line} uses it"


@record
class Clash:
    """What two sides cannot both have; at least one place or misfit."""

    first_id: int
    second_id: int
    """Id of the other task, or TARGET."""
    places: tuple[Place, ...] = ()
    misfits: tuple[Misfit, ...] = ()

    @property
    def pair(self) -> tuple[int, int]:
        """Names the two sides."""
        return self.first_id, self.second_id

    @property
    def subjects(self) -> frozenset[str]:
        """What a side has to hear about once: paths, and names that do not fit any more."""
        named = {f"{each.path}:{each.name}" for each in self.misfits}
        return frozenset({place.path for place in self.places} | named)

    def other(self, task_id: int) -> int:
        """Return the other side of a task."""
        return self.second_id if task_id == self.first_id else self.first_id


@record
class SeenClash:
    """A clash as it stands in the store."""

    clash: Clash
    later_id: int
    """The side that came second; it is the one that hears about it."""
    since: datetime


@record
class Touch:
    """A path that a task has changed, and since when the radar knows it."""

    task_id: int
    path: str
    since: datetime


def changed_touches(
    known: Iterable[Touch], seen: Iterable[tuple[int, str]], now: datetime
) -> tuple[list[Touch], list[Touch]]:
    """Compare who changed what with what is known: what is new, since now, and what is gone."""
    before = {(touch.task_id, touch.path): touch for touch in known}
    current = dict.fromkeys(seen)
    new = [
        Touch(task_id=task_id, path=path, since=now)
        for task_id, path in current
        if (task_id, path) not in before
    ]
    return new, [touch for key, touch in before.items() if key not in current]


def with_since(
    clashes: Iterable[Clash],
    known: Iterable[SeenClash],
    touches: Collection[Touch],
    now: datetime,
) -> list[SeenClash]:
    """Say of each clash who came second, and since when it has been there."""
    before = {seen.clash.pair: seen.since for seen in known}
    return [
        SeenClash(clash=clash, later_id=later_of(clash, touches), since=before.get(clash.pair, now))
        for clash in clashes
    ]


@record
class Notice:
    """What one task is to be told: the subjects of a clash that it has not heard of."""

    task_id: int
    clash: Clash
    subjects: frozenset[str]


def is_watched(task: Task) -> bool:
    """Whether a task has work of its own that could clash."""
    return task.removed_at is None and task.state not in _UNWATCHED


def later_of(clash: Clash, touches: Iterable[Touch]) -> int:
    """Return the side of a clash that came second: whose first change of a disputed path is later.

    A task that clashes with its target is always the later one. Of two unknown or equal ones it is
    the younger task.
    """
    if clash.second_id == TARGET:
        return clash.first_id
    paths = {place.path for place in clash.places} | {each.path for each in clash.misfits}
    begun: dict[int, datetime] = {}
    for touch in touches:
        if touch.task_id in clash.pair and touch.path in paths:
            known = begun.get(touch.task_id)
            begun[touch.task_id] = touch.since if known is None else min(known, touch.since)
    first, second = (begun.get(task_id) for task_id in clash.pair)
    if first is None or second is None or first == second:
        return max(clash.pair)
    return clash.first_id if first > second else clash.second_id


def plan_notices(
    seen: Iterable[SeenClash],
    told: Mapping[tuple[int, int], frozenset[str]],
    *,
    listening: Collection[int],
) -> list[Notice]:
    """Return what is to be said now, to tasks whose agents can hear it.

    `told` is what a task (first) has heard of another side (second): each subject is said once, so
    a clash is said again only when it has grown. Only the later one of a pair hears of it; when
    their order turns round, what the other one has heard is not said again.
    """
    notices = []
    for each in seen:
        task_id, other = each.later_id, each.clash.other(each.later_id)
        heard = told.get((task_id, other), frozenset()) | told.get((other, task_id), frozenset())
        new = each.clash.subjects - heard
        if new and task_id in listening:
            notices.append(Notice(task_id=task_id, clash=each.clash, subjects=new))
    return notices
