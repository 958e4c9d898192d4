"""The checkpoints of a task as lines, the latest first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age, plural
from wtagents.dashboard.grid import EMPTY, Cell, Column, Row, Tone, cell

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.operations.keeping.checkpoints import CheckpointList, CheckpointRow

COLUMNS = (
    Column(title="#", right=True),
    Column(title="AGE", width=5, right=True),
    Column(title="WHY", flexible=True),
    Column(title="FILES", right=True, spare=1),
    Column(title="LINES", right=True),
    Column(title="HEAD", spare=2),
)


def checkpoint_rows(found: CheckpointList, *, now: datetime) -> tuple[Row, ...]:
    """Lay out what was kept."""
    return tuple(
        Row(key=str(each.checkpoint.number), cells=_cells(each, now))
        for each in reversed(found.rows)
    )


def checkpoint_of(found: CheckpointList | None, key: str | None) -> Checkpoint | None:
    """Return the checkpoint of a row."""
    rows = found.rows if found is not None else ()
    return next((each.checkpoint for each in rows if str(each.checkpoint.number) == key), None)


def restore_words(chosen: Checkpoint, *, is_live: bool) -> str:
    """Say what a restore does."""
    said = [
        "Its agent is stopped first." if is_live else "",
        "Files are written as they lay there then; commits and the branch stay.",
        "What lies there now becomes a checkpoint first, so this can be undone.",
    ]
    if chosen.left_out:
        said.append(f"{plural(len(chosen.left_out), 'large file')} of then cannot be put back.")
    return "\n".join(filter(None, said))


def _cells(row: CheckpointRow, now: datetime) -> tuple[Cell, ...]:
    one, changes = row.checkpoint, row.changes
    where = f", run {one.run}" if one.run else ""
    left = f", {plural(len(one.left_out), 'large file')} left out" if one.left_out else ""
    lines = (
        (f"+{changes.insertions}", Tone.GOOD),
        (" ", Tone.PLAIN),
        (f"-{changes.deletions}", Tone.BAD),
    )
    return (
        cell(str(one.number), Tone.STRONG),
        cell(age((now - one.at).total_seconds()), Tone.FAINT),
        cell(f"{one.cause.words}{where}{left}"),
        cell(str(changes.files) if changes.files else ""),
        Cell(parts=lines) if changes.files else EMPTY,
        cell(one.head.short, Tone.FAINT),
    )
