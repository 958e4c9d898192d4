"""`python -m wtagents.dashboard.web FOLDER …`: what one page shows; its options are in `shown.py`.

Started by the server, and spoken with through stdin and stdout. It ends when its stdin does: with
the page, and with a server that was killed.
"""

from __future__ import annotations

import sys

from wtagents.core.errors import ExitCode
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.web.driver import PageDriver
from wtagents.dashboard.web.shown import parse_shown
from wtagents.operations.context import Context
from wtagents.operations.telling.repositories import repositories
from wtagents.supervisor.wake import ensure_supervisor


def main(arguments: list[str]) -> int:
    """Show the dashboard until it is left."""
    shown = parse_shown(arguments)
    first = Context(shown.common_dir)
    app = Dashboard(
        *(repositories(first) if shown.everywhere else (first,)),
        wake=ensure_supervisor,
        theme=shown.theme,
        at=shown.at,
        may_act=shown.may_act,
        driver=PageDriver,
    )
    app.run()
    return ExitCode.OK if app.broken_by is None else ExitCode.INTERNAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
