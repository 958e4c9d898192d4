"""What was spent, as lines with bars: per task, model or day; and what each task came to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age, count, money, plural
from wtagents.core.text import printable
from wtagents.dashboard.grid import Cell, Column, Row, Tone, cell
from wtagents.operations.telling.cost import By
from wtagents.operations.telling.ledger import conflicts_text, outcome_text, tests_text

if TYPE_CHECKING:
    from wtagents.operations.telling.cost import Cost, CostLine
    from wtagents.operations.telling.ledger import LedgerLine

BAR = 20
"""Columns of the terminal that the largest sum takes at least."""
_BESIDE = 100
"""Columns that everything else takes."""


LEDGER_COLUMNS = (
    Column(title="TASK", flexible=True),
    Column(title="OUTCOME", most=30),
    Column(title="COST", right=True),
    Column(title="RUNS", right=True, spare=3),
    Column(title="TIME", right=True),
    Column(title="WAITED", right=True, spare=2),
    Column(title="TESTS", right=True),
    Column(title="CONFLICTS", most=24, spare=1),
)


def bar_width(width: int) -> int:
    """Return how long the longest bar is in a terminal of so many columns."""
    return max(BAR, width - _BESIDE)


def cost_columns(by: By, bar: int = BAR) -> tuple[Column, ...]:
    """Return the columns of a sum over tasks, models or days."""
    return (
        Column(title=by.upper(), flexible=True),
        Column(title="STATE", most=10, spare=3),
        Column(title="RUNS", right=True, spare=4),
        Column(title="TURNS", right=True, spare=5),
        Column(title="IN", right=True, spare=6),
        Column(title="OUT", right=True, spare=6),
        Column(title="", width=bar, spare=2),
        Column(title="COST", right=True),
        Column(title="AT MOST MORE", right=True, spare=1),
    )


def cost_rows(seen: Cost, by: By, bar: int = BAR) -> tuple[Row, ...]:
    """Lay out the sums: days as they came, latest first, all others by what they cost."""
    lines = list(seen.lines)
    if by is By.DAY:
        lines.sort(key=lambda line: line.key, reverse=True)
    else:
        lines.sort(key=lambda line: (-line.usd, line.key))
    largest = max((line.usd for line in lines), default=0.0)
    return tuple(_row(line, largest, bar) for line in lines)


def ledger_rows(lines: tuple[LedgerLine, ...]) -> tuple[Row, ...]:
    """Lay out what each task came to, the latest wish first."""
    return tuple(_outcome(line) for line in lines)


def cost_total(seen: Cost) -> str:
    """Say what all of it came to."""
    total = seen.total
    if not total.runs:
        return ""
    runs, tasks = plural(total.runs, "run"), plural(total.tasks, "task")
    words = [f"{money(total.usd) or '$0.00'} in {runs} of {tasks}"]
    if total.unbilled_usd:
        words.append(f"at most {money(total.unbilled_usd)} more that no run has told yet")
    if seen.usd_per_landed is not None:
        words.append(f"{money(seen.usd_per_landed) or '$0.00'} for each of {seen.landed} landed")
    if seen.unknown:
        words.append(f"what {plural(seen.unknown, 'run')} had used by then was not kept")
    return "; ".join(words)


def _row(line: CostLine, largest: float, bar: int) -> Row:
    full = round(bar * line.usd / largest) if largest else 0
    if line.usd and not full:
        full = 1
    return Row(
        key=line.key,
        cells=(
            cell(printable(line.key), Tone.STRONG),
            cell(line.state, Tone.FAINT),
            cell(str(line.runs), Tone.FAINT),
            cell(count(line.turns) if line.turns else "", Tone.FAINT),
            cell(count(line.input_tokens) if line.input_tokens else ""),
            cell(count(line.output_tokens) if line.output_tokens else ""),
            Cell(parts=(("━" * full, Tone.ACCENT), ("─" * (bar - full), Tone.FAINT))),
            cell(money(line.usd)),
            cell(money(line.unbilled_usd), Tone.FAINT),
        ),
    )


def _outcome(line: LedgerLine) -> Row:
    return Row(
        key=line.name,
        cells=(
            cell(printable(line.name), Tone.STRONG),
            cell(outcome_text(line), Tone.GOOD if line.landed else Tone.PLAIN),
            cell(money(line.usd)),
            cell(str(line.runs), Tone.FAINT),
            cell(age(line.wall_seconds)),
            cell(age(line.waited_seconds), Tone.FAINT),
            cell(tests_text(line), Tone.BAD if line.tests_failed else Tone.PLAIN),
            cell(conflicts_text(line), Tone.FAINT),
        ),
    )
