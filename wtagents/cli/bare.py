"""What `wta` alone answers: the dashboard in a terminal where there are tasks, else the help."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.cli.call import Invocation
    from wtagents.operations.context import Context


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


def show_dashboard(
    invocation: Invocation,
    *,
    theme: str | None = None,
    everywhere: bool = False,
    at: str | None = None,
) -> None:
    """Show the dashboard until it is left; `everywhere` all repositories of this user.

    `at` is a moment to begin with. Raises UsageError for what is none, and whatever broke it.
    """
    from wtagents.core.past import parse_past
    from wtagents.dashboard.app import Dashboard
    from wtagents.supervisor.wake import ensure_supervisor
    from wtagents.system.person.hangup import end_with_terminal
    from wtagents.system.person.terminal import follow_its_size

    end_with_terminal()
    follow_its_size()
    contexts = shown_contexts(invocation, everywhere=everywhere)
    moment = parse_past(at, contexts[0].clock.now()) if at else None
    app = Dashboard(*contexts, wake=ensure_supervisor, theme=theme, at=moment)
    app.run()
    if app.broken_by is not None:
        raise app.broken_by


def shown_contexts(invocation: Invocation, *, everywhere: bool) -> tuple[Context, ...]:
    """Return the repository, or every one with tasks, that of the current folder first."""
    if not everywhere:
        return (invocation.context,)
    from wtagents.core.errors import NotFoundError
    from wtagents.operations.telling.repositories import repositories

    try:
        current = invocation.context
    except NotFoundError:
        current = None
    found = repositories(current)
    if not found:
        raise NotFoundError("no repository of this user has tasks", hint='wta spawn NAME "…"')
    return found
