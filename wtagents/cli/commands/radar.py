"""Look: which tasks clash while they work; --watch goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.cli.options import Duration, some_names_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.operations.radar.report import RadarReport


@click.command(
    cls=WtaCommand,
    examples=[
        "wta radar",
        "wta radar fix-login --watch",
        "wta radar --json | jq -r '.data.clashes[] | \"\\(.task) \\(.other)\"'",
    ],
)
@some_names_argument
@click.option("--watch", is_flag=True, help="Look again and again; tell what has changed.")
@click.option(
    "--interval",
    type=Duration(),
    metavar="DURATION",
    help="Time between two looks of --watch (default: radar.interval).",
)
@click.pass_obj
def command(
    invocation: Invocation, names: tuple[str, ...], *, watch: bool, interval: float | None
) -> Answer[RadarReport] | Answer[Iterable[RadarReport]]:
    """Compare what lies in all worktrees now, uncommitted and untracked files included.

    Two tasks clash when git could not merge them with each other, a task and its target when it
    could not land as it is. Told are the paths and the lines; with NAME only the clashes of those
    tasks. Worktrees are only read. With --watch and --json each report is a document of its own,
    on one line.
    """
    from wtagents.operations.radar.report import RadarRequest, radar, watch_radar

    if interval is not None and not watch:
        raise click.UsageError("--interval is for --watch")
    context, request = invocation.context, RadarRequest(names=names)
    if not watch:
        return Answer.of(radar(context, request), _page)
    seconds = context.settings.radar.interval if interval is None else interval
    from wtagents.system.person.reader import departure

    reports: Iterable[RadarReport] = watch_radar(
        context, request, seconds=seconds, closed=departure(1)
    )
    return Answer(reports, _pages, live=True)


def _page(report: RadarReport, style: Style) -> Iterator[str]:
    from wtagents.cli.pages.radar_text import radar_page

    return radar_page(report, style)


def _pages(reports: Iterable[RadarReport], style: Style) -> Iterator[str]:
    from wtagents.cli.pages.radar_text import radar_page

    for report in reports:
        yield style.heading(f"{report.at.astimezone():%H:%M:%S}")
        yield from radar_page(report, style)
        yield ""
