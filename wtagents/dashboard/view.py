"""What the board says: tasks to lines, sorted, grouped and filtered, and the totals above. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.figures import age, count, money
from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.dashboard.grid import EMPTY, Cell, Column, Heading, Line, Row, Tone, cell, own
from wtagents.operations.telling.status_words import (
    GROUPS,
    clashes,
    group_of,
    now_of,
    state_word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from wtagents.dashboard.homes import Sight
    from wtagents.operations.telling.status import TaskStatus

COLUMNS = (
    Column(title="", width=1),
    Column(title="REPO", most=16),
    Column(title="TASK", most=24),
    Column(title="STATE", width=9),
    Column(title="NOW", flexible=True),
    Column(title="CLASHES", most=16, spare=1),
    Column(title="QUEUE", right=True, spare=2),
    Column(title="COMMITS", right=True, spare=5),
    Column(title="CHANGES", right=True, spare=3),
    Column(title="CONTEXT", width=11, spare=6),
    Column(title="TOKENS", right=True, spare=7),
    Column(title="COST", right=True, spare=4),
    Column(title="SINCE", width=5, right=True),
)
ALWAYS = frozenset({"", "REPO", "TASK", "STATE", "NOW"})
"""Titles of the columns that cannot be left out."""

GLYPHS = {
    "starting": "◌",
    "working": "●",
    "in a tool": "◑",
    "retrying": "◔",
    "limited": "◔",
    "idle": "○",
    "quiet": "○",
    "stuck": "▲",
    "looping": "↻",
    "lost": "✕",
    "asking": "?",
    "queued": "·",
    "preparing": "◌",
    "active": "◌",
    "ready": "✓",
    "merging": "↑",
    "merged": "✓",
    "failed": "✕",
    "stopped": "■",
    "cancelled": "–",
}
"""One for each word of `state_word`; the word stands beside it."""
_TONES = {
    "working": Tone.ACCENT,
    "starting": Tone.ACCENT,
    "in a tool": Tone.ACCENT,
    "retrying": Tone.ACCENT,
    "limited": Tone.ACCENT,
    "merging": Tone.ACCENT,
    "asking": Tone.NOTICE,
    "stuck": Tone.NOTICE,
    "looping": Tone.NOTICE,
    "lost": Tone.NOTICE,
    "failed": Tone.BAD,
    "ready": Tone.GOOD,
    "merged": Tone.GOOD,
}
_BAR = 6
"""Columns of the terminal that a full context window takes."""
_NEARLY_FULL = 0.8


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


@record
class Totals:
    """All tasks together."""

    tasks: int
    agents: int
    attention: int
    ready: int
    landing: int
    cost_today: float
    budget_today: float | None
    load: str
    limited_until: datetime | None
    """When the longest rate limit of an account ends."""
    held: str = ""
    """What a person holds back: `frozen`, `starts paused`, or ''."""


def totals_of(sights: Sequence[Sight]) -> Totals:
    """Add everything up; a budget only where there is one repository, for it is one's own."""
    all_seen = [each.seen for each in sights]
    items = [item for seen in all_seen for item in seen.items]
    load = next((each.load for each in all_seen if each.load is not None), None)
    limits = (limit.until for seen in all_seen for limit in seen.limits)
    return Totals(
        tasks=len(items),
        agents=sum(each.run is not None and each.run.state in LIVE_RUN_STATES for each in items),
        attention=sum(bool(each.attention) for each in items),
        ready=sum(each.task.state is TaskState.READY and not each.attention for each in items),
        landing=sum(len(queue_places(seen.items)) for seen in all_seen),
        cost_today=sum(seen.cost_today for seen in all_seen),
        budget_today=all_seen[0].budget_today if len(all_seen) == 1 else None,
        load=f"{load.average:.1f} of {load.processors}" if load is not None else "",
        limited_until=max(limits, default=None),
        held=_held(sights),
    )


def _held(sights: Sequence[Sight]) -> str:
    """Say what is held back, and where, when that is not everywhere."""
    for word, held in (
        ("frozen", [each for each in sights if each.seen.pauses.frozen]),
        ("starts paused", [each for each in sights if each.seen.pauses.starts]),
    ):
        if held:
            where = [each.label for each in held] if len(held) < len(sights) else []
            return " ".join([word, *where])
    return ""


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


def board_lines(sights: Sequence[Sight], choice: Choice, *, now: datetime) -> tuple[Line, ...]:
    """Lay out the tasks that are wanted, in the order that is wanted."""
    shown = [index for index, column in enumerate(COLUMNS) if column.title not in choice.hidden]
    placed = [
        _Placed(item=item, sight=sight, places=places)
        for sight in sights
        for places in (queue_places(sight.seen.items),)
        for item in sight.seen.items
        if _is_meant(item, choice.words, sight.label)
    ]

    def row(each: _Placed) -> Row:
        item, sight = each.item, each.sight
        late = (now - sight.seen.at).total_seconds()
        cells = cells_of(item, each.places, now=now, late=late, label=sight.label)
        key = sight.key_of(item.task.name)
        return Row(key=key, cells=tuple(cells[index] for index in shown))

    if choice.order is Order.ATTENTION:
        return tuple(_grouped(placed, row))
    if choice.order is Order.REPOSITORY:
        return tuple(_by_repository(placed, row))
    key, reverse = _KEYS[choice.order]
    ordered = sorted(placed, key=lambda each: key(each.item), reverse=reverse)
    return tuple(row(each) for each in ordered)


@record
class _Placed:
    """A task, with what was seen beside it."""

    item: TaskStatus
    sight: Sight
    places: Mapping[int, int]


def queue_places(items: Iterable[TaskStatus]) -> Mapping[int, int]:
    """Return the place of each task that lands or waits to, from 1, by task id."""
    landing = [
        (each.merge.state is MergeState.WAITING, each.merge.created_at, each.merge.id, each.task.id)
        for each in items
        if each.merge and each.merge.state in LIVE_MERGE_STATES
    ]
    return {task_id: place for place, (*_, task_id) in enumerate(sorted(landing), 1)}


def cells_of(
    item: TaskStatus, places: Mapping[int, int], *, now: datetime, late: float, label: str = ""
) -> tuple[Cell, ...]:
    """Return the cells of a task under all columns; `late` is the age of the look in seconds."""
    word = state_word(item)
    tone, glyph = _TONES.get(word, Tone.FAINT), GLYPHS.get(word, " ")
    if item.attention and item.task.state is TaskState.READY:
        tone, glyph = Tone.NOTICE, "!"
    ended = item.task.state in (TaskState.MERGED, TaskState.CANCELLED)
    since = (now - item.task.changed_at).total_seconds()
    if item.activity_age is not None:
        since = item.activity_age + late
    commits = item.worktree.commits if item.worktree else 0
    unknown = own("?", Tone.FAINT) if item.is_past and item.run is not None else EMPTY
    tokens = item.usage.input_tokens + item.usage.output_tokens
    place = places.get(item.task.id)
    return (
        own(glyph, tone),
        cell(label, Tone.FAINT),
        own(item.task.name, Tone.FAINT if ended else Tone.STRONG),
        own(word, tone),
        cell(now_of(item, now), Tone.NOTICE if item.attention else _now_tone(item)),
        cell(clashes(item), Tone.NOTICE),
        own(f"#{place}" if place else "", Tone.ACCENT),
        own(str(commits)) if commits else unknown,
        _changes(item) if item.worktree else unknown,
        context_bar(item),
        own(count(tokens) if item.usage.input_tokens else "", Tone.FAINT),
        own(f"{money(item.usage.cost_usd)}{' ?' if _spends_unknown(item) else ''}".strip()),
        own(age(since), Tone.FAINT),
    )


def _spends_unknown(item: TaskStatus) -> bool:
    """Whether an agent worked then: what it had cost so far is in no event."""
    return item.is_past and item.run is not None and item.run.state in LIVE_RUN_STATES


def context_bar(item: TaskStatus) -> Cell:
    """Draw how full the context window is, with the figure beside it."""
    usage = item.usage
    if not usage.context_window or not usage.context_tokens:
        return EMPTY
    share = min(1.0, usage.context_tokens / usage.context_window)
    full = max(1, round(share * _BAR))
    tone = Tone.NOTICE if share >= _NEARLY_FULL else Tone.ACCENT
    return Cell(
        parts=(
            ("━" * full, tone),
            ("─" * (_BAR - full), Tone.FAINT),
            (f"{share:>5.0%}", Tone.PLAIN),
        )
    )


def _changes(item: TaskStatus) -> Cell:
    facts = item.worktree
    if facts is None or not (facts.insertions or facts.deletions):
        return EMPTY
    added, gone = f"+{count(facts.insertions)}", f"-{count(facts.deletions)}"
    return Cell(parts=((added, Tone.GOOD), (" ", Tone.PLAIN), (gone, Tone.BAD)))


def _now_tone(item: TaskStatus) -> Tone:
    at_work = item.task.state in (TaskState.ACTIVE, TaskState.MERGING)
    quiet = item.liveness in (Liveness.QUIET, Liveness.STARTING)
    return Tone.PLAIN if at_work and not quiet else Tone.FAINT


def _is_meant(item: TaskStatus, words: str, label: str) -> bool:
    if not words.strip():
        return True
    task = item.task
    text = " ".join(
        (task.name, state_word(item), GROUPS[group_of(item)], task.target, task.prompt, label)
    ).casefold()
    return all(word in text for word in words.casefold().split())


def _grouped(placed: Sequence[_Placed], row: Callable[[_Placed], Row]) -> Iterator[Line]:
    groups: list[list[_Placed]] = [[] for _ in GROUPS]
    for each in placed:
        groups[group_of(each.item)].append(each)
    for title, group in zip(GROUPS, groups, strict=True):
        if group:
            yield Heading(text=title, note=str(len(group)))
        yield from (row(each) for each in sorted(group, key=_oldest))


def _by_repository(placed: Sequence[_Placed], row: Callable[[_Placed], Row]) -> Iterator[Line]:
    for label in dict.fromkeys(each.sight.label for each in placed):
        group = [each for each in placed if each.sight.label == label]
        if label:
            yield Heading(text=label, note=str(len(group)))
        ordered = sorted(group, key=lambda each: (group_of(each.item), _oldest(each)))
        yield from (row(each) for each in ordered)


def _oldest(each: _Placed) -> tuple[float, int]:
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
