"""`python -m wtagents.dashboard.web FOLDER [--theme NAME] [--control]`: what one page shows.

Started by the server, and spoken with through stdin and stdout. It ends when its stdin does: with
the page, and with a server that was killed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from wtagents.core.errors import ExitCode
from wtagents.dashboard.app import Dashboard
from wtagents.dashboard.web.driver import PageDriver
from wtagents.operations.context import Context
from wtagents.supervisor.wake import ensure_supervisor


def main(arguments: list[str]) -> int:
    """Show the dashboard until it is left."""
    parser = ArgumentParser(prog="python -m wtagents.dashboard.web")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme")
    parser.add_argument("--control", action="store_true")
    said = parser.parse_args(arguments)
    context = Context(said.folder)
    app = Dashboard(
        context,
        wake=ensure_supervisor,
        theme=said.theme,
        may_act=said.control,
        driver=PageDriver,
    )
    app.run()
    context.close()
    return ExitCode.OK if app.broken_by is None else ExitCode.INTERNAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
