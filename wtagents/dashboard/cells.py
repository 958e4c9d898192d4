"""The columns of the board, and what stands in them for a task. Pure.

Time alone changes two cells only, what happens now and since when: they are made when somebody
looks at them. The others last as long as nothing of the task changes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from wtagents.core.figures import age, count, money
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.dashboard.grid import EMPTY, Cell, Column, Tone, cell, own
from wtagents.operations.telling.status_words import clashes, now_of, state_word

if TYPE_CHECKING:
    from datetime import datetime

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
_LASTING = 4
"""Columns before `NOW`."""
_BAR = 6
"""Columns of the terminal that a full context window takes."""
_NEARLY_FULL = 0.8


def cells_of(
    item: TaskStatus, place: int | None, *, now: datetime, late: float, label: str = ""
) -> tuple[Cell, ...]:
    """Return the cells of a task under all columns; `late` is the age of the look in seconds."""
    lasting = lasting_cells(item, place, label)
    return with_time(lasting, item, now=now, late=late)


def lasting_cells(item: TaskStatus, place: int | None, label: str = "") -> tuple[Cell, ...]:
    """Return the cells that time alone does not change, the others empty.

    `place` is the one in the merge queue, `label` the repository where there are several.
    """
    word = state_word(item)
    tone, glyph = _TONES.get(word, Tone.FAINT), GLYPHS.get(word, " ")
    if item.attention and item.task.state is TaskState.READY:
        tone, glyph = Tone.NOTICE, "!"
    ended = item.task.state in (TaskState.MERGED, TaskState.CANCELLED)
    commits = item.worktree.commits if item.worktree else 0
    not_kept = item.is_past and item.run is not None and item.worktree is None
    unknown = own("?", Tone.FAINT) if not_kept else EMPTY
    tokens = item.usage.input_tokens + item.usage.output_tokens
    return (
        own(glyph, tone),
        cell(label, Tone.FAINT),
        own(item.task.name, Tone.FAINT if ended else Tone.STRONG),
        own(word, tone),
        EMPTY,
        cell(clashes(item), Tone.NOTICE),
        own(f"#{place}" if place else "", Tone.ACCENT),
        own(str(commits)) if commits else unknown,
        _changes(item.worktree.insertions, item.worktree.deletions) if item.worktree else unknown,
        context_bar(item),
        own(count(tokens) if item.usage.input_tokens else "", Tone.FAINT),
        own(f"{money(item.usage.cost_usd)}{' ?' if _spends_unknown(item) else ''}".strip()),
        EMPTY,
    )


def with_time(
    lasting: tuple[Cell, ...], item: TaskStatus, *, now: datetime, late: float
) -> tuple[Cell, ...]:
    """Add what happens now and since when."""
    since = (now - item.task.changed_at).total_seconds()
    if item.activity_age is not None:
        since = item.activity_age + late
    happens = cell(now_of(item, now), Tone.NOTICE if item.attention else _now_tone(item))
    before, after = lasting[:_LASTING], lasting[_LASTING + 1 : -1]
    return (*before, happens, *after, own(age(since), Tone.FAINT))


def _spends_unknown(item: TaskStatus) -> bool:
    """Whether an agent worked then, and what it had cost so far was not kept."""
    lived = item.run is not None and item.run.state in LIVE_RUN_STATES
    return item.is_past and lived and item.liveness is None


def context_bar(item: TaskStatus) -> Cell:
    """Draw how full the context window is, with the figure beside it."""
    usage = item.usage
    return _bar(usage.context_tokens, usage.context_window)


@lru_cache(maxsize=1024)
def _bar(tokens: int, window: int) -> Cell:
    if not window or not tokens:
        return EMPTY
    share = min(1.0, tokens / window)
    full = max(1, round(share * _BAR))
    tone = Tone.NOTICE if share >= _NEARLY_FULL else Tone.ACCENT
    return Cell(
        parts=(
            ("━" * full, tone),
            ("─" * (_BAR - full), Tone.FAINT),
            (f"{share:>5.0%}", Tone.PLAIN),
        )
    )


@lru_cache(maxsize=1024)
def _changes(insertions: int, deletions: int) -> Cell:
    if not (insertions or deletions):
        return EMPTY
    added, gone = f"+{count(insertions)}", f"-{count(deletions)}"
    return Cell(parts=((added, Tone.GOOD), (" ", Tone.PLAIN), (gone, Tone.BAD)))


def _now_tone(item: TaskStatus) -> Tone:
    at_work = item.task.state in (TaskState.ACTIVE, TaskState.MERGING)
    quiet = item.liveness in (Liveness.QUIET, Liveness.STARTING)
    return Tone.PLAIN if at_work and not quiet else Tone.FAINT
