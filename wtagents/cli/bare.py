"""What `wta` alone answers: the dashboard in a terminal where there are tasks, else the help."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation


def has_something_to_show(invocation: Invocation) -> bool:
    """Whether there is a terminal, a repository, and a task in it; any trouble is a no."""
    if invocation.json or not all(s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)):
        return False
    from wtagents.core.errors import WtaError

    try:
        reader = invocation.context.reader
        if reader is None:
            return False
        from wtagents.store.tasks import tasks

        return bool(tasks(reader))
    except (WtaError, OSError):
        return False


def show_dashboard(invocation: Invocation, *, theme: str | None = None) -> None:
    """Show the dashboard until it is left. Raises whatever broke it."""
    from wtagents.dashboard.app import Dashboard
    from wtagents.supervisor.wake import ensure_supervisor

    app = Dashboard(invocation.context, wake=ensure_supervisor, theme=theme)
    app.run()
    if app.broken_by is not None:
        raise app.broken_by
