"""What `wta spawn` says of the tasks that it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.pages.sandbox_text import sandbox_text
from wtagents.cli.pages.task_list import task_list
from wtagents.cli.style import Cell, Column, Tone, fields
from wtagents.core.figures import plural
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from wtagents.cli.style import Style
    from wtagents.operations.steering.spawn import Spawned, Wished
    from wtagents.operations.steering.spawn_many import EndedMany, NotBegun, SpawnedMany

_COLUMNS = (Column(""), Column(""), Column("", flexible=True))


def spawned_lines(spawned: Spawned, style: Style) -> Iterator[str]:
    """Say it of one."""
    task, run = spawned.task, spawned.run
    yield f"{style.heading(task.name)} {'begins' if run else 'waits'}"
    pairs = [
        ("branch", f"{task.branch}, from {task.target} at {task.base.short}"),
        ("worktree", printable(str(task.worktree))),
        ("sandbox", sandbox_text(spawned.sandbox, style)),
        ("follow", f"wta logs {task.name} -f"),
    ]
    yield from (f"  {line}" for line in fields(style, pairs))


def many_lines(done: SpawnedMany, style: Style) -> Iterator[str]:
    """Say it of many."""
    made = [(each.task.name, _begun(each), _place(each.task.worktree)) for each in done.tasks]
    failed = [(each.name, Cell("failed", Tone.BAD), _why(each)) for each in done.failed]
    rows = [*made, *failed]
    yield from style.table(_COLUMNS, rows)
    running = sum(each.run is not None for each in done.tasks)
    yield f"{plural(running, 'task')} of {len(rows)} begun; follow: wta status"


def ended_lines(ended: EndedMany, style: Style, *, now: datetime) -> Iterator[str]:
    """Say how they are at the end."""
    failed = [(each.name, Cell("failed", Tone.BAD), _why(each)) for each in ended.failed]
    if failed:
        yield from style.table(_COLUMNS, failed)
    yield from task_list(ended.tasks, style, now=now)


def planned_lines(planned: Sequence[Wished], style: Style) -> Iterator[str]:
    """Say what would be made."""
    rows = [(each.name, _start(each), _place(each.worktree)) for each in planned]
    yield from style.table(_COLUMNS, rows)
    yield f"{plural(len(rows), 'task')} would be made"


def _begun(spawned: Spawned) -> Cell:
    return Cell("begins", Tone.GOOD) if spawned.run else Cell("waits", Tone.FAINT)


def _start(wished: Wished) -> str:
    foundation = wished.request.after_ready
    if foundation is not None:
        return f"from {foundation} when it is ready"
    return f"from {wished.target} at {wished.base.short}"


def _place(worktree: Path) -> str:
    return printable(str(worktree))


def _why(each: NotBegun) -> str:
    return printable(f"{each.message}: {each.cause}" if each.cause else each.message)
