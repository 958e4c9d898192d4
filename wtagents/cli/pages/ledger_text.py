"""What became of each task, as a table or as comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone
from wtagents.core.figures import age, money
from wtagents.core.text import printable
from wtagents.operations.telling.ledger import conflicts_text, outcome_text, tests_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.operations.telling.ledger import LedgerLine

_COLUMNS = (
    Column("TASK", flexible=True),
    Column("OUTCOME", flexible=True),
    Column("COST", right=True),
    Column("RUNS", right=True, spare=3),
    Column("TIME", right=True),
    Column("WAITED", right=True, spare=2),
    Column("TESTS", right=True),
    Column("CONFLICTS", spare=1),
)


def ledger_table(lines: tuple[LedgerLine, ...], style: Style) -> Iterator[str]:
    """Lay out the outcome of each task, a line each."""
    if not lines:
        yield "there are no tasks yet"
        return
    yield from style.table(_COLUMNS, [_row(line) for line in lines])


def ledger_csv(lines: tuple[LedgerLine, ...], _style: Style) -> Iterator[str]:
    """Write every field of each line; rungs are joined by spaces."""
    import csv
    from io import StringIO

    from wtagents.core.record import field_names, values_of
    from wtagents.operations.telling.ledger import LedgerLine

    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(field_names(LedgerLine))
    for line in lines:
        writer.writerow((values_of(line) | {"rungs": " ".join(line.rungs)}).values())
    yield from text.getvalue().splitlines()


def _row(line: LedgerLine) -> list[Cell]:
    return [
        Cell(printable(line.name)),
        Cell(outcome_text(line), Tone.GOOD if line.landed else Tone.PLAIN),
        Cell(money(line.usd)),
        Cell(str(line.runs), Tone.FAINT),
        Cell(age(line.wall_seconds)),
        Cell(age(line.waited_seconds), Tone.FAINT),
        Cell(tests_text(line), Tone.BAD if line.tests_failed else Tone.PLAIN),
        Cell(conflicts_text(line), Tone.FAINT),
    ]
