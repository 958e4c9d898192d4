"""Look: agents, what needs a person and today's cost in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wtagents.cli.answer import Answer
from wtagents.cli.invocation import WtaCommand
from wtagents.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.cli.call import Invocation
    from wtagents.cli.style import Style
    from wtagents.dashboard.view import Totals


@click.command(
    cls=WtaCommand,
    examples=[
        "wta statusline",
        "tmux set -g status-right '#(wta -C #{pane_current_path} statusline)'",
        "PS1='$(wta statusline) \\$ '  # and in Claude Code: \"statusLine\" in settings.json",
    ],
)
@click.pass_obj
def command(invocation: Invocation) -> Answer[Totals | None]:
    """Print one line for tmux, a prompt or Claude Code's status line.

    Where there is no repository, or no task in it, the line is empty and the exit status 0.
    """
    from wtagents.dashboard.view import totals_of
    from wtagents.operations.overview import overview

    try:
        seen = overview(invocation.context).data
    except NotFoundError:
        return Answer(None, _line)
    return Answer(totals_of(seen) if seen.items else None, _line)


def _line(totals: Totals | None, style: Style) -> Iterator[str]:
    from wtagents.cli.style import Tone
    from wtagents.core.figures import money, plural

    if totals is None:
        yield ""
        return
    parts = [plural(totals.agents, "agent")]
    if totals.attention:
        verb = "needs" if totals.attention == 1 else "need"
        parts.append(style.paint(f"{totals.attention} {verb} a person", Tone.NOTICE))
    if totals.ready:
        parts.append(f"{totals.ready} ready")
    if totals.landing:
        parts.append(f"{totals.landing} landing")
    if totals.limited_until is not None:
        parts.append(f"rate limited until {totals.limited_until.astimezone():%H:%M}")
    if totals.cost_today:
        parts.append(f"{money(totals.cost_today)} today")
    yield " · ".join(parts)
