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
from wtagents.dashboard.grid import EMPTY, Cell, Column, Heading, Line, Row, Tone, cell
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

    from wtagents.operations.telling.overview import Overview
    from wtagents.operations.telling.status import TaskStatus

COLUMNS = (
    Column(title="", width=1),
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
ALWAYS = frozenset({"", "TASK", "STATE", "NOW"})
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


def totals_of(seen: Overview) -> Totals:
    """Add everything up."""
    items = seen.items
    load = f"{seen.load.average:.1f} of {seen.load.processors}" if seen.load else ""
    return Totals(
        tasks=len(items),
        agents=sum(each.run is not None and each.run.state in LIVE_RUN_STATES for each in items),
        attention=sum(bool(each.attention) for each in items),
        ready=sum(each.task.state is TaskState.READY and not each.attention for each in items),
        landing=len(queue_places(items)),
        cost_today=seen.cost_today,
        budget_today=seen.budget_today,
        load=load,
        limited_until=max((each.until for each in seen.limits), default=None),
    )


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


def board_lines(seen: Overview, choice: Choice, *, now: datetime) -> tuple[Line, ...]:
    """Lay out the tasks that are wanted, in the order that is wanted."""
    chosen = [each for each in seen.items if _is_meant(each, choice.words)]
    places = queue_places(seen.items)
    shown = [index for index, column in enumerate(COLUMNS) if column.title not in choice.hidden]

    def row(item: TaskStatus) -> Row:
        cells = cells_of(item, places, now=now, late=(now - seen.at).total_seconds())
        return Row(key=item.task.name, cells=tuple(cells[index] for index in shown))

    if choice.order is Order.ATTENTION:
        return tuple(_grouped(chosen, row))
    key, reverse = _KEYS[choice.order]
    return tuple(row(item) for item in sorted(chosen, key=key, reverse=reverse))


def queue_places(items: Iterable[TaskStatus]) -> Mapping[int, int]:
    """Return the place of each task that lands or waits to, from 1, by task id."""
    landing = [
        (each.merge.state is MergeState.WAITING, each.merge.created_at, each.merge.id, each.task.id)
        for each in items
        if each.merge and each.merge.state in LIVE_MERGE_STATES
    ]
    return {task_id: place for place, (*_, task_id) in enumerate(sorted(landing), 1)}


def cells_of(
    item: TaskStatus, places: Mapping[int, int], *, now: datetime, late: float
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
    tokens = item.usage.input_tokens + item.usage.output_tokens
    place = places.get(item.task.id)
    return (
        cell(glyph, tone),
        cell(item.task.name, Tone.FAINT if ended else Tone.STRONG),
        cell(word, tone),
        cell(now_of(item, now), Tone.NOTICE if item.attention else _now_tone(item)),
        cell(clashes(item), Tone.NOTICE),
        cell(f"#{place}" if place else "", Tone.ACCENT),
        cell(str(commits) if commits else ""),
        _changes(item),
        context_bar(item),
        cell(count(tokens) if item.usage.input_tokens else "", Tone.FAINT),
        cell(money(item.usage.cost_usd)),
        cell(age(since), Tone.FAINT),
    )


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


def _is_meant(item: TaskStatus, words: str) -> bool:
    if not words.strip():
        return True
    task = item.task
    text = " ".join(
        (task.name, state_word(item), GROUPS[group_of(item)], task.target, task.prompt)
    ).casefold()
    return all(word in text for word in words.casefold().split())


def _grouped(items: Sequence[TaskStatus], row: Callable[[TaskStatus], Row]) -> Iterator[Line]:
    for number, title in enumerate(GROUPS):
        group = [each for each in items if group_of(each) == number]
        if group:
            yield Heading(text=title, note=str(len(group)))
        yield from (row(item) for item in sorted(group, key=_oldest))


def _oldest(item: TaskStatus) -> tuple[float, int]:
    """Who has waited longest for a person comes first; in the other groups, who began first."""
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
