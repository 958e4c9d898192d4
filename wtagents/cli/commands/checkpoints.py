"""Look: the checkpoints of a worktree, each with what had changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import name_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Cell, Style
    from wtagents.operations.keeping.checkpoints import CheckpointList, CheckpointRow


@click.command(
    cls=WtaCommand,
    examples=[
        "wta checkpoints fix-login",
        "wta checkpoints fix-login --now",
        "wta diff fix-login --checkpoint 12  # what it holds",
    ],
)
@name_argument
@click.option("--now", is_flag=True, help="Take one first, if anything has changed.")
@click.pass_obj
def command(invocation: Invocation, name: str, *, now: bool) -> Answer[CheckpointList]:
    """List what was kept of a worktree while its agent worked, the newest last.

    A checkpoint holds all files, those that are not committed or not tracked included, and of the
    ignored ones those that checkpoints.include names. It is taken at the end of a turn, every few
    minutes, and before anything is put back. Lines are counted against the one before, for the
    first one against the base.
    """
    from wtagents.operations.keeping.checkpoints import checkpoints

    return Answer.of(checkpoints(invocation.context, name, now=now), _lines)


def _lines(found: CheckpointList, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Column

    if not found.rows:
        yield f"{found.task} has no checkpoint yet; take one: wta checkpoints {found.task} --now"
        return
    columns = (
        Column("#", right=True),
        Column("age", right=True),
        Column("why", flexible=True),
        Column("changed"),
        Column("HEAD"),
    )
    yield from style.table(columns, [_row(each) for each in found.rows])
    yield f"put one back: wta restore {found.task} {found.rows[-1].checkpoint.number}"


def _row(row: CheckpointRow) -> tuple[Cell | str, ...]:
    from wtagents.cli.style import Cell, Tone
    from wtagents.core.figures import age, plural

    one, changes = row.checkpoint, row.changes
    where = f", run {one.run}" if one.run else ""
    left = f", {plural(len(one.left_out), 'large file')} left out" if one.left_out else ""
    lines = f" +{changes.insertions} -{changes.deletions}"
    changed = f"{plural(changes.files, 'file')}{lines}" if changes.files else ""
    return (
        str(one.number),
        age(row.age),
        f"{one.cause.words}{where}{left}",
        changed,
        Cell(one.head.short, Tone.FAINT),
    )
