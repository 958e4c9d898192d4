"""What the board says: tasks to lines, sorted, grouped and filtered. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from wtagents.core.record import record
from wtagents.dashboard.cells import COLUMNS, lasting_cells, with_time
from wtagents.dashboard.grid import Heading, LiveRow, widths_of
from wtagents.dashboard.totals import queue_places
from wtagents.operations.telling.status_words import GROUPS, group_of, state_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from wtagents.dashboard.grid import Cell, Column, Line
    from wtagents.dashboard.homes import Sight
    from wtagents.operations.telling.status import TaskStatus

    Clock = Callable[[], datetime]


Part = TypeVar("Part")


class Order(StrEnum):
    """By what the tasks are sorted."""

    ATTENTION = "attention"
    REPOSITORY = "repository"
    NAME = "name"
    ACTIVITY = "activity"
    COST = "cost"
    CHANGES = "changes"
    NEWEST = "newest"


@record
class Choice:
    """What a person chose to see of the board."""

    order: Order = Order.ATTENTION
    words: str = ""
    """Every one of them must be found in a task."""
    hidden: frozenset[str] = frozenset()
    """Titles of columns that are left out."""


def columns_of(choice: Choice) -> tuple[Column, ...]:
    """Return the columns that are wanted."""
    return tuple(column for column in COLUMNS if column.title not in choice.hidden)


def airy(lines: Sequence[Line], height: int) -> tuple[Line, ...]:
    """Set the groups apart by an empty line where there is room for it."""
    groups = [index for index, line in enumerate(lines) if isinstance(line, Heading) and index]
    if len(lines) + len(groups) > height:
        return tuple(lines)
    spaced: list[Line] = []
    for index, line in enumerate(lines):
        spaced += [Heading(text=""), line] if index in groups else [line]
    return tuple(spaced)


def board_lines(sights: Sequence[Sight], choice: Choice, rows: Rows) -> tuple[Line, ...]:
    """Lay out the tasks that are wanted, in the order that is wanted."""
    placed = [
        Placed(item=item, sight=sight, place=places.get(item.task.id))
        for sight in sights
        for places in (queue_places(sight.seen.items),)
        for item in sight.seen.items
        if _is_meant(item, choice.words, sight.label)
    ]
    rows.know(placed, choice.hidden)
    if choice.order is Order.ATTENTION:
        return tuple(_grouped(placed, rows))
    if choice.order is Order.REPOSITORY:
        return tuple(_by_repository(placed, rows))
    key, reverse = _KEYS[choice.order]
    ordered = sorted(placed, key=lambda each: key(each.item), reverse=reverse)
    return tuple(rows.row(each) for each in ordered)


@record
class Placed:
    """A task, with what was seen beside it."""

    item: TaskStatus
    sight: Sight
    place: int | None
    """In the merge queue, from 1."""

    @property
    def key(self) -> str:
        """What names its row."""
        return self.sight.key_of(self.item.task.name)


class Rows:
    """The rows of tasks; of a task that has not changed the row is the very same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hidden: frozenset[str] = frozenset()
        self._known: dict[str, tuple[Placed, LiveRow]] = {}

    def know(self, placed: Sequence[Placed], hidden: frozenset[str]) -> None:
        """Learn all tasks that there are rows for, and what columns are left out."""
        known = self._known if hidden == self._hidden else {}
        self._hidden = hidden
        named = ((each.key, each) for each in placed)
        self._known = {key: (each, self._row(key, each, known.get(key))) for key, each in named}

    def row(self, placed: Placed) -> LiveRow:
        """Return the row of a task."""
        return self._known[placed.key][1]

    def _row(self, key: str, new: Placed, known: tuple[Placed, LiveRow] | None) -> LiveRow:
        if known is not None and known[0].item is new.item and known[0].place == new.place:
            return known[1]  # ages count from the look that found it so
        item, seen_at = new.item, new.sight.seen.at
        lasting = lasting_cells(item, new.place, new.sight.label)

        def draw() -> tuple[Cell, ...]:
            now = self._clock()
            late = (now - seen_at).total_seconds()
            return self._shown(with_time(lasting, item, now=now, late=late))

        return LiveRow(key, self._shown(widths_of(COLUMNS, lasting)), draw)

    def _shown(self, cells: tuple[Part, ...]) -> tuple[Part, ...]:
        """Leave out the columns that are not wanted."""
        if not self._hidden:
            return cells
        titled = zip(COLUMNS, cells, strict=True)
        return tuple(each for column, each in titled if column.title not in self._hidden)


def _is_meant(item: TaskStatus, words: str, label: str) -> bool:
    if not words.strip():
        return True
    task = item.task
    text = " ".join(
        (task.name, state_word(item), GROUPS[group_of(item)], task.target, task.prompt, label)
    ).casefold()
    return all(word in text for word in words.casefold().split())


def _grouped(placed: Sequence[Placed], rows: Rows) -> Iterator[Line]:
    groups: list[list[Placed]] = [[] for _ in GROUPS]
    for each in placed:
        groups[group_of(each.item)].append(each)
    for title, group in zip(GROUPS, groups, strict=True):
        if group:
            yield Heading(text=title, note=str(len(group)))
        yield from (rows.row(each) for each in sorted(group, key=_oldest))


def _by_repository(placed: Sequence[Placed], rows: Rows) -> Iterator[Line]:
    for label in dict.fromkeys(each.sight.label for each in placed):
        group = [each for each in placed if each.sight.label == label]
        if label:
            yield Heading(text=label, note=str(len(group)))
        ordered = sorted(group, key=lambda each: (group_of(each.item), _oldest(each)))
        yield from (rows.row(each) for each in ordered)


def _oldest(each: Placed) -> tuple[float, int]:
    """Who has waited longest for a person comes first; in the other groups, who began first."""
    item = each.item
    waited = item.task.changed_at.timestamp() if item.attention else 0.0
    asked = item.pulse.question.asked_at.timestamp() if item.pulse and item.pulse.question else 0.0
    return asked or waited, item.task.id


def _size(item: TaskStatus) -> int:
    return item.worktree.insertions + item.worktree.deletions if item.worktree else 0


def _silence(item: TaskStatus) -> float:
    return item.activity_age if item.activity_age is not None else float("inf")


_KEYS: dict[Order, tuple[Callable[[TaskStatus], str | float], bool]] = {
    Order.NAME: (lambda item: str(item.task.name), False),
    Order.ACTIVITY: (_silence, False),
    Order.COST: (lambda item: item.usage.cost_usd, True),
    Order.CHANGES: (_size, True),
    Order.NEWEST: (lambda item: item.task.id, True),
}
