"""Clashes as a person reads them: a matrix of who with whom, then where and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone
from wtagents.core.figures import plural
from wtagents.core.text import printable
from wtagents.operations.radar.named import place_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.cli.style import Style
    from wtagents.operations.radar.named import RadarClash
    from wtagents.operations.radar.report import RadarReport

_MOST_COLUMNS = 12
"""Tasks up to which the matrix is drawn; beyond, the words below say the same."""
_MOST_PLACES = 20


def radar_page(report: RadarReport, style: Style) -> Iterator[str]:
    """Lay out one look."""
    if not report.tasks and not report.blind:
        yield 'no task has a worktree; begin with: wta spawn fix-login "fix the login"'
        return
    if report.clashes:
        yield from _matrix(report.clashes, style)
        for clash in report.clashes:
            yield ""
            yield from _words(clash, style)
    else:
        compared = plural(len(report.tasks), "task")
        yield f"{compared} compared: {style.paint('nothing clashes', Tone.GOOD)}"
    for blind in report.blind:
        why = style.paint("could not be looked at", Tone.NOTICE)
        yield f"{style.heading(blind.task)} {why}: {printable(blind.why)}"


def _matrix(clashes: Sequence[RadarClash], style: Style) -> Iterator[str]:
    """Draw who clashes with whom; a cell is the number of paths and names."""
    targets = {clash.other for clash in clashes if clash.with_target}
    names = sorted({name for clash in clashes for name in (clash.task, clash.other)} - targets)
    columns = [*names[1:], *sorted(targets)]
    if len(columns) > _MOST_COLUMNS:
        return
    counts: dict[tuple[str, str], int] = {}
    for clash in clashes:
        number = len(clash.places) + len(clash.misfits)
        counts[clash.task, clash.other] = number
        if not clash.with_target:
            counts[clash.other, clash.task] = number
    rows = []
    for place, name in enumerate(names):
        cells = [
            "" if column in names[: place + 1] else _number(counts.get((name, column), 0))
            for column in columns
        ]
        if any(cells):
            rows.append((Cell(name, Tone.STRONG), *cells))
    heads = [Column(""), *(Column(name, right=True) for name in columns)]
    yield from style.table(heads, rows)


def _number(paths: int) -> Cell | str:
    return Cell(str(paths), Tone.NOTICE) if paths else Cell("·", Tone.FAINT)


def _words(clash: RadarClash, style: Style) -> Iterator[str]:
    sides = f"{style.heading(clash.task)} and {style.heading(clash.other)}"
    if not clash.places:
        said = "merge, but will not work together"
    elif clash.with_target:
        said = f"do not fit: {clash.task} cannot land as it is"
    else:
        said = f"clash: {clash.later} came second"
    yield f"{sides}{' (its target)' if clash.with_target else ''} {said}"
    for place in clash.places[:_MOST_PLACES]:
        yield f"  {place_text(place, clash)}"
    if len(clash.places) > _MOST_PLACES:
        yield f"  … and {plural(len(clash.places) - _MOST_PLACES, 'path')} more"
    for misfit in clash.misfits[:_MOST_PLACES]:
        yield f"  {printable(misfit.text)}"
