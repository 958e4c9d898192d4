"""What `wta demo` says before and after."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone, fields
from wtagents.core.figures import money
from wtagents.core.task import AgentKind
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.style import Style
    from wtagents.demo.report import DemoReport, PartEnd
    from wtagents.demo.walk import DemoRequest

_PARTS = (
    Column("TASK"),
    Column("ENDED"),
    Column("COST", right=True),
    Column("HOW", flexible=True),
)
_CLAIMS = (Column(""), Column("", flexible=True), Column("", flexible=True))


def opening(request: DemoRequest) -> Iterator[str]:
    """Say what is about to happen and what it costs."""
    yield "A small Python project in a temporary folder, four tasks for four agents at once."
    if request.claude:
        from wtagents.demo.walk import BUDGET_USD

        yield (
            "Claude Code does them and resolves the conflict: some 0.50 USD by API key, a little"
            f" of a subscription; a task ends at {BUDGET_USD:.2f} USD."
        )
    else:
        yield "The built-in agent does them: real processes and commits, no login, no network."
    yield ""


def closing(report: DemoReport, style: Style) -> Iterator[str]:
    """Say what became of the tasks, what was checked, and what to type next."""
    yield ""
    yield style.heading(f"What happened, in {report.seconds:.1f} s")
    real = report.agent is AgentKind.CLAUDE
    parts = [_part(part, cost=part.usage.cost_usd if real else 0.0) for part in report.parts]
    yield from style.table(_PARTS, parts, indent=2)
    yield ""
    yield style.heading("main")
    yield from (f"  {printable(line)}" for line in report.target)
    yield style.heading("Not landed, still on its branch")
    yield from (f"  {printable(line)}" for line in report.left_out)
    yield ""
    yield style.heading("Checked in the repository, not believed")
    rows = [
        (
            Cell("ok", Tone.GOOD) if claim.holds else Cell("NO", Tone.BAD),
            claim.says,
            claim.evidence,
        )
        for claim in report.claims
    ]
    yield from style.table(_CLAIMS, rows, indent=2)
    yield ""
    yield from _where_to_look(report, style)


def _part(part: PartEnd, *, cost: float) -> tuple[Cell | str, ...]:
    tone = Tone.GOOD if part.as_expected else Tone.BAD
    ended = part.ended if part.as_expected else f"{part.ended}, not {part.expected}"
    return part.name, Cell(ended, tone), money(cost), printable(part.how, 300)


def _where_to_look(report: DemoReport, style: Style) -> Iterator[str]:
    yield style.heading("Where to look")
    if not report.kept:
        pairs = [
            ("in the demo", "wta demo --keep leaves it: status, logs, diff, git log"),
            ("your own", 'cd REPOSITORY; wta init; wta doctor; wta spawn NAME "what to do"'),
        ]
        yield from (f"  {line}" for line in fields(style, pairs))
        return
    state, repository = (shlex.quote(str(path)) for path in (report.state, report.repository))
    yield f"  export XDG_STATE_HOME={state}"
    yield f"  cd {repository}"
    out = next((part.name for part in report.parts if part.ended != "merged"), "rounding")
    yield "  wta status; git log --graph --oneline --all"
    yield f"  wta status {out}; wta logs {out}; wta diff {out}"
    if report.agent is AgentKind.CLAUDE:
        yield f'  wta retry {out} --message "the tests must pass"; wta merge {out}'
    yield f"  rm -r {shlex.quote(str(report.repository.parent))}    when you have seen enough"
