"""Look: what was spent: per task, model or day, and per landed task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import at_option, moment_of, some_names_argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.telling.cost import Cost, CostLine
    from wtagents.operations.telling.ledger import LedgerLine

_BY = ("task", "model", "day")


@click.command(
    cls=WtaCommand,
    examples=[
        "wta cost",
        "wta cost --by day",
        "wta cost fix-login",
        "wta cost --ledger  # what became of each task, and what it took",
        "wta cost --at 18:00  # what had been used by then",
        "wta cost --csv > cost.csv",
    ],
)
@some_names_argument
@click.option("--by", type=click.Choice(_BY), help="What a line stands for; by default a task.")
@click.option("--ledger", "as_ledger", is_flag=True, help="The outcome of each task instead.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values with a title line.")
@at_option
@click.pass_obj
def command(
    invocation: Invocation,
    names: tuple[str, ...],
    *,
    by: str | None,
    as_ledger: bool,
    as_csv: bool,
    at: str | None,
) -> Answer[Cost] | Answer[tuple[LedgerLine, ...]]:
    """Add up what all runs have used, those of cleaned-up tasks included.

    Dollars are what the agent program told. A run that was cut off, or still works, has told none:
    its tokens are shown at list prices as "at most", as if nothing had come from a cache. Budgets
    are the settings budget.* and agent.budget_usd.

    --ledger says what each task came to: cost, time from the wish to its rest, how much of that no
    agent was at work, tests, conflicts and the commit that landed.

    With --at what had been used until then, of runs that worked then included.
    """
    moment = moment_of(invocation, at)
    if as_ledger:
        if by is not None:
            raise click.UsageError("a line of --ledger is a task; leave out --by")
        from wtagents.cli.pages.ledger_text import ledger_csv, ledger_table
        from wtagents.operations.telling.ledger import ledger

        outcomes = ledger(invocation.context, names, at=moment)
        return Answer.of(outcomes, ledger_csv if as_csv else ledger_table)
    from wtagents.operations.telling.cost import By, CostRequest, cost

    found = cost(invocation.context, CostRequest(by=By(by or By.TASK), names=names, at=moment))
    return Answer.of(found, _csv if as_csv else partial(_lines, by=by or By.TASK))


def _lines(found: Cost, style: Style, *, by: str) -> Iterator[str]:
    from wtagents.cli.style import Column, Tone
    from wtagents.core.figures import money, plural

    if not found.lines:
        yield "nothing was spent"
        return
    columns = (
        Column(by.upper(), flexible=True),
        Column("STATE", spare=1),
        Column("RUNS", right=True),
        Column("TURNS", right=True, spare=2),
        Column("IN", right=True),
        Column("OUT", right=True),
        Column("COST", right=True),
        Column("AT MOST MORE", right=True),
    )
    yield from style.table(columns, [_row(line) for line in (*found.lines, found.total)])
    if found.usd_per_landed is not None:
        each = money(found.usd_per_landed) or "$0"
        yield f"{plural(found.landed, 'task')} landed: {each} for each, failures included"
    if found.unknown:
        gap = f"what {plural(found.unknown, 'run')} had used by then was not kept"
        yield style.paint(gap, Tone.FAINT)
    if found.total.unbilled_usd:
        yield style.paint(f"more at list prices of {found.prices_as_of}", Tone.FAINT)


def _row(line: CostLine) -> tuple[str, ...]:
    from wtagents.core.figures import count, money
    from wtagents.core.text import printable

    return (
        printable(line.key),
        line.state,
        str(line.runs),
        str(line.turns),
        count(line.input_tokens),
        count(line.output_tokens),
        money(line.usd),
        money(line.unbilled_usd),
    )


def _csv(found: Cost, _style: Style) -> Iterator[str]:
    import csv
    from io import StringIO

    from wtagents.core.record import field_names, values_of
    from wtagents.operations.telling.cost import CostLine

    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(field_names(CostLine))
    writer.writerows(values_of(line).values() for line in found.lines)
    yield from text.getvalue().splitlines()
