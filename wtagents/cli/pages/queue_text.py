"""The merge queue for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone
from wtagents.core.figures import age, plural
from wtagents.core.landing.merge import MergeState
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.style import Style
    from wtagents.operations.queue import Queue, QueueEntry

_COLUMNS = (
    Column("BATCH", right=True),
    Column("TASK"),
    Column("STATE"),
    Column("WHY", flexible=True),
    Column("ASKED", right=True),
    Column("EXPECTED", right=True),
)
_SHELL_LIMIT = 80


def queue_lines(queue: Queue, style: Style, *, now: datetime) -> Iterator[str]:
    """Lay out what waits, batch by batch, and what the batches are cut by."""
    if not queue.entries:
        yield "nothing waits to land"
    else:
        yield from style.table(_COLUMNS, [_row(entry, now) for entry in queue.entries])
    batch = plural(queue.limit, "branch") if queue.limit == 1 else f"{queue.limit} branches"
    trees = plural(queue.slots, "tree")
    yield f"batches of up to {batch}, {trees} verified at a time"
    rate = f"{queue.failure_rate:.0%} of landings are taken to fail"
    seconds = f", gates take {age(queue.gate_seconds)}" if queue.gate_seconds is not None else ""
    yield f"{rate} (measured on {queue.measured}){seconds}"
    if not queue.gates:
        yield style.paint("not verified: no gate is configured", Tone.NOTICE)
    for gate, times in queue.flaky:
        shown = printable(gate, _SHELL_LIMIT)
        yield style.paint(f"flaky: {shown}, {plural(times, 'time')}", Tone.NOTICE)


def _why(entry: QueueEntry) -> str:
    words = [entry.why]
    if entry.attempts:
        words.append(f"cut off {plural(entry.attempts, 'time')}")
    if entry.superseded:
        times = plural(entry.superseded, "time")
        words.append(f"{entry.target} moved {times} meanwhile, goes on trying")
    return "; ".join(words)


def _row(entry: QueueEntry, now: datetime) -> tuple[Cell | str, ...]:
    tone = Tone.PLAIN if entry.state is MergeState.WAITING else Tone.GOOD
    return (
        str(entry.batch) if entry.batch else "",
        entry.task,
        Cell(str(entry.state), tone),
        _why(entry),
        age((now - entry.asked_at).total_seconds()),
        "" if entry.expected_seconds is None else f"{entry.expected_seconds:.0f}s",
    )
