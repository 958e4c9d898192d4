"""The list of tasks: who needs a person stands first, with the next command below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.pages.sandbox_text import sandbox_text
from wtagents.cli.style import Cell, Column, Tone
from wtagents.core.figures import age, count, money
from wtagents.core.isolation.confinement import SandboxMode
from wtagents.core.task import TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.core.text import printable
from wtagents.operations.telling.status_words import (
    GROUPS,
    changes,
    clashes,
    context_share,
    group_of,
    next_of,
    now_of,
    state_word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from wtagents.cli.style import Style
    from wtagents.operations.telling.status import TaskStatus

COLUMNS = (
    Column("TASK"),
    Column("STATE"),
    Column("NOW", flexible=True),
    Column("COMMITS", right=True, spare=2),
    Column("CHANGES", right=True),
    Column("CLASHES", spare=1),
    Column("TOKENS", right=True, spare=4),
    Column("CONTEXT", right=True, spare=3),
    Column("COST", right=True),
    Column("SINCE", right=True),
)

_TONES = {
    TaskState.READY: Tone.GOOD,
    TaskState.MERGED: Tone.GOOD,
    TaskState.FAILED: Tone.BAD,
    TaskState.STOPPED: Tone.NOTICE,
    TaskState.CANCELLED: Tone.FAINT,
}


def task_list(items: Sequence[TaskStatus], style: Style, *, now: datetime) -> Iterator[str]:
    """Lay out all tasks, in groups, on one grid."""
    if not items:
        yield 'no tasks; begin with: wta spawn fix-login "fix the login"'
        return
    ordered = sorted(items, key=lambda item: (group_of(item), item.task.id))
    title, *rows = style.table(COLUMNS, [_row(item, now) for item in ordered], indent=2)
    yield title
    last = ""
    for item, row in zip(ordered, rows, strict=True):
        group = GROUPS[group_of(item)]
        if group != last:
            yield style.heading(group)
            last = group
        yield row
        command = next_of(item)
        if item.attention and command and not item.is_past:
            yield "    " + style.paint(printable(command), Tone.ACCENT)


def status_list(items: Sequence[TaskStatus], style: Style, *, now: datetime) -> Iterator[str]:
    """Lay out all tasks; where nothing holds agents back that is said below."""
    yield from task_list(items, style, now=now)
    if any(item.sandbox is SandboxMode.NONE and item.liveness is not None for item in items):
        yield f"sandbox {sandbox_text(SandboxMode.NONE, style)}"


def state_tone(item: TaskStatus) -> Tone:
    """Return the tone of that word."""
    if item.attention:
        return Tone.BAD if item.task.state is TaskState.FAILED else Tone.NOTICE
    if item.liveness in (Liveness.STUCK, Liveness.LOOPING, Liveness.LOST):
        return Tone.NOTICE
    return _TONES.get(item.task.state, Tone.PLAIN)


def _row(item: TaskStatus, now: datetime) -> tuple[Cell | str, ...]:
    facts, usage = item.worktree, item.usage
    since = item.activity_age
    if since is None:
        since = (now - item.task.changed_at).total_seconds()
    return (
        Cell(item.task.name, Tone.STRONG),
        Cell(state_word(item), state_tone(item)),
        now_of(item, now),
        str(facts.commits) if facts and facts.commits else "",
        changes(item),
        Cell(clashes(item), Tone.NOTICE),
        count(usage.input_tokens + usage.output_tokens) if usage.input_tokens else "",
        context_share(item),
        money(usage.cost_usd),
        Cell(age(since), Tone.FAINT),
    )
