"""The list of tasks: who needs a person stands first, with the next command below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone, age, count, money
from wtagents.core.liveness import Liveness
from wtagents.core.remedy import next_command
from wtagents.core.task import TaskState
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from wtagents.cli.style import Style
    from wtagents.operations.status import TaskStatus

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
GROUPS = ("Needs a person", "At work", "Ready to merge", "At rest", "Done")
_DOING_LIMIT = 200

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
    ordered = sorted(items, key=lambda item: (_group(item), item.task.id))
    title, *rows = style.table(COLUMNS, [_row(item, now) for item in ordered], indent=2)
    yield title
    last = ""
    for item, row in zip(ordered, rows, strict=True):
        group = GROUPS[_group(item)]
        if group != last:
            yield style.heading(group)
            last = group
        yield row
        command = next_of(item)
        if item.attention and command:
            yield "    " + style.paint(printable(command), Tone.ACCENT)


def state_word(item: TaskStatus) -> str:
    """Return the one word for how a task is: its state, or what its live run is called."""
    if item.pulse is not None and item.pulse.question is not None:
        return "asking"
    if item.task.state is TaskState.ACTIVE and item.liveness is not None:
        return str(item.liveness)
    return str(item.task.state)


def state_tone(item: TaskStatus) -> Tone:
    """Return the tone of that word."""
    if item.attention:
        return Tone.BAD if item.task.state is TaskState.FAILED else Tone.NOTICE
    if item.liveness in (Liveness.STUCK, Liveness.LOST):
        return Tone.NOTICE
    return _TONES.get(item.task.state, Tone.PLAIN)


def next_of(item: TaskStatus) -> str:
    """Return the next command for a task."""
    ended = item.run.exit if item.run else None
    return next_command(
        item.task,
        liveness=item.liveness,
        pulse=item.pulse,
        merge=item.merge,
        end=ended.reason if ended else None,
    )


def changes(item: TaskStatus) -> str:
    """Return the size of the diff, uncommitted work included: `+34 -3`."""
    facts = item.worktree
    if facts is None or not (facts.insertions or facts.deletions):
        return ""
    return f"+{count(facts.insertions)} -{count(facts.deletions)}"


def clashes(item: TaskStatus) -> str:
    """Say whom a task clashes with: `docs +2`."""
    name = item.task.name
    others = [each.beside(name) for each in item.clashes]
    return "" if not others else others[0] + (f" +{len(others) - 1}" if others[1:] else "")


def context_share(item: TaskStatus) -> str:
    """Return how full the context window is: `23%`."""
    usage = item.usage
    if not usage.context_window or not usage.context_tokens:
        return ""
    return f"{100 * usage.context_tokens // usage.context_window}%"


def now_of(item: TaskStatus, now: datetime) -> str:
    """Say in one line what happens, or why nothing does."""
    task = item.task
    if item.attention:
        return printable(item.attention, _DOING_LIMIT)
    match task.state:
        case TaskState.QUEUED | TaskState.PREPARING:
            return _waiting_for(item, now)
        case TaskState.ACTIVE:
            return _doing(item)
        case TaskState.MERGING:
            return str(item.merge.state) if item.merge else ""
        case TaskState.MERGED:
            return f"landed on {task.target}"
        case TaskState.READY if item.worktree and item.worktree.uncommitted:
            return f"{item.worktree.uncommitted} uncommitted"
        case _:
            waits = "lands by itself" if task.merge_when_ready else ""
            return waits if task.state is TaskState.READY else printable(task.detail, _DOING_LIMIT)


def _doing(item: TaskStatus) -> str:
    if item.liveness is None:
        return "its run has ended; the next tick takes note"
    return printable(item.pulse.doing, _DOING_LIMIT) if item.pulse else ""


def _waiting_for(item: TaskStatus, now: datetime) -> str:
    task = item.task
    if task.not_before is not None and task.not_before > now:
        why = f" ({str(task.reason).replace('_', ' ')})" if task.reason else ""
        return f"again in {age((task.not_before - now).total_seconds())}{why}"
    return "waits for a place" if task.state is TaskState.QUEUED else "worktree is made"


def _group(item: TaskStatus) -> int:
    if item.attention:
        return 0
    match item.task.state:
        case TaskState.QUEUED | TaskState.PREPARING | TaskState.ACTIVE | TaskState.MERGING:
            return 1
        case TaskState.READY:
            return 2
        case TaskState.STOPPED | TaskState.FAILED:
            return 3
        case TaskState.MERGED | TaskState.CANCELLED:
            return 4


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
