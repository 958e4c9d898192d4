"""Programs of a run inside its walls: the agent, and what runs the code that it wrote."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.system.files import append_text
from wtagents.system.folders.links import put_back
from wtagents.system.programs.child import require_program, start_child
from wtagents.system.walls.confine import confined_argv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.core.isolation.confinement import Confinement
    from wtagents.core.order import Order
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child
    from wtagents.system.walls.porter import Porter

_MOST_REFUSED = 50
"""Hosts that are told of; who tries more is not told better."""


class Walls:
    """Starts the programs of one run, and knows what they were kept from."""

    def __init__(self, watch: Watch, order: Order) -> None:
        self.refused: tuple[str, ...] = ()
        """What would have to be on the list of hosts for what was tried, in order."""
        self.mended: tuple[str, ...] = ()
        """What an agent had replaced that others obey, each in a few words."""
        self._watch = watch
        self._order = order
        self._porter: Porter | None = None

    def start(
        self,
        argv: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        speaks: bool = False,
    ) -> Child:
        """Start a program in the worktree, inside where there are walls.

        It is looked for outside, where no file of the worktree can take its place. Raises
        SystemFault when it is not there or cannot be started.
        """
        cwd, walls = self._order.worktree, self._order.confinement
        if walls is None:
            return self.start_outside(
                argv, environment=environment, stdout=stdout, stderr=stderr, speaks=speaks
            )
        program = require_program(argv[0], environment)
        with contextlib.ExitStack() as held:
            control = self._control(walls, held)
            return start_child(
                confined_argv(walls, (program, *argv[1:]), cwd, control=control),
                cwd=cwd,
                env={**environment, **dict(walls.environment)},
                stdout=stdout,
                stderr=stderr,
                speaks=speaks,
                inherited=() if control is None else (control,),
            )

    def start_outside(
        self,
        argv: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        speaks: bool = False,
    ) -> Child:
        """Start a program in the worktree without walls. Raises SystemFault."""
        cwd = self._order.worktree
        return start_child(
            argv, cwd=cwd, env=environment, stdout=stdout, stderr=stderr, speaks=speaks
        )

    def mend(self) -> None:
        """Put back links that an agent has replaced."""
        walls = self._order.confinement
        for link in walls.links if walls is not None else ():
            with contextlib.suppress(OSError):
                self.mended += tuple(filter(None, (put_back(link),)))

    def _control(self, walls: Confinement, held: contextlib.ExitStack) -> int | None:
        """Return the descriptor with which a program gets its way out; None where it needs none."""
        if not walls.network.is_listed:
            return None
        if self._porter is None:
            from wtagents.system.walls.porter import Porter

            self._porter = Porter(walls.network, self._note_refused)
        return held.enter_context(self._porter.serve()).fileno()

    def _note_refused(self, host: str) -> None:
        """Called by a thread of the porter."""
        if len(self.refused) < _MOST_REFUSED:
            self.refused = (*self.refused, host)
            with contextlib.suppress(SystemFault):
                append_text(self._watch.folder.refused, f"{host}\n")
