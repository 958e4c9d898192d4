"""One call of `wta`: what was said before or after the command's name, and what it works on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wtagents.operations.context import Context


class Invocation:
    """The global options of this process. They may stand before or after the command's name."""

    def __init__(self) -> None:
        self.command = "wta"
        self.folder = "."
        self.json = False
        self.verbosity = 0
        self.version = False
        self.color: bool | None = None
        """None leaves the decision to NO_COLOR and to what stdout is."""

    @cached_property
    def context(self) -> Context:
        """The repository that the command is about. Raises StateError where there is none."""
        from pathlib import Path

        from wtagents.core.errors import StateError
        from wtagents.operations.context import Context

        try:
            start = Path(self.folder).absolute()
        except FileNotFoundError:
            raise StateError(
                "the current folder is not there any more", hint="cd to one that is"
            ) from None
        return Context(start)

    def wake_supervisor(self) -> None:
        """Make sure that somebody follows what this command began."""
        from wtagents.supervisor.wake import ensure_supervisor

        ensure_supervisor(self.context)

    def wake_for_landings(self) -> None:
        """Make sure that somebody lands what this command was in the way of."""
        from wtagents.operations.queue import waits_to_land

        if waits_to_land(self.context):
            self.wake_supervisor()
