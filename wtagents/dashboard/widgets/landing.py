"""One landing in full: what each conflicted file was solved by, what the gates say, who clashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wtagents.core.figures import plural
from wtagents.core.text import printable, printable_lines
from wtagents.dashboard.landings import clash_matrix, footing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType
    from textual.app import ComposeResult

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.landings import GateOutput, Landings
    from wtagents.operations.telling.status import TaskStatus

_MOST_NAMES = 12


class LandingView(VerticalScroll):
    """What there is to know about the row under the cursor."""

    def compose(self) -> ComposeResult:
        """Hold one text."""
        yield Static(id="landing-text")

    def show(
        self, seen: Landings, task: str, request: MergeRequest | None, items: Iterable[TaskStatus]
    ) -> None:
        """Show a request, with the gates that run now below it."""
        undone = {each.request.id for each in seen.decided if each.undone}
        word = "undone" if request is not None and request.id in undone else ""
        parts = [*_request(task, request, word), *_running(seen.running), *_clashes(items)]
        self.query_one("#landing-text", Static).update(Group(*parts, Text(footing(seen), "dim")))


def _request(task: str, request: MergeRequest | None, word: str) -> Iterator[RenderableType]:
    """Say what became of a request; `word` for its state where that is not all."""
    if request is None:
        return
    yield Text(printable(f"{task}: {word or request.state}, target {request.target}"), "bold")
    if request.detail:
        yield Text(printable(request.detail))
    if request.hint:
        yield Text.assemble(("next  ", "dim"), printable(request.hint))
    if request.candidate is not None:
        onto = f", on {request.onto.short}" if request.onto is not None else ""
        yield Text.assemble(("candidate  ", "dim"), f"{request.candidate.short}{onto}")
    yield Text("")
    yield from (Text(f"held  {printable(hold.detail)}", "yellow") for hold in request.holds)
    if request.resolutions:
        yield _resolutions(request)
        yield Text("")
    for gate in request.gates:
        word, tone = ("passed", "green") if gate.passed else ("failed", "red")
        how = "taken from before" if gate.cached_from is not None else f"in {gate.seconds:.1f} s"
        yield Text.assemble((f"{word} ", tone), f"{how}: {printable(gate.command)}")
        if not gate.passed:
            yield _indented(printable_lines(gate.tail), "")
    if request.gates:
        yield Text("")


def _resolutions(request: MergeRequest) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_row(Text("CONFLICT", "dim"), Text("SOLVED BY", "dim"), Text("DROPPED", "dim"))
    for each in request.resolutions:
        dropped = plural(len(each.dropped), "line") if each.dropped else ""
        table.add_row(Text(printable(each.path)), Text(each.solver), Text(dropped))
    return table


def _running(outputs: Iterable[GateOutput]) -> Iterator[RenderableType]:
    for each in outputs:
        yield Text.assemble(("◔ ", "cyan"), (f"{each.name} says", "bold"))
        yield _indented(each.lines or ("nothing yet",))
        yield Text("")


def _indented(lines: Iterable[str], style: str = "dim") -> Padding:
    return Padding(Text("\n".join(lines), style), (0, 0, 0, 2))


def _clashes(items: Iterable[TaskStatus]) -> Iterator[RenderableType]:
    names, rows = clash_matrix(items)
    if not names or len(names) > _MOST_NAMES:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    for _ in names:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(Text("CLASHES", "dim"), *(Text(printable(name), "dim") for name in names))
    for name, figures in rows.items():
        cells = (Text(each, "dim" if each == "·" else "yellow") for each in figures)
        table.add_row(Text(printable(name)), *cells)
    yield table
    yield Text("")
