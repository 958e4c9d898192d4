"""Programs of a run inside its walls: the agent, and what runs the code that it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.system.child import require_program
from wtagents.system.confine import confined_argv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.core.order import Order


def inside_walls(
    order: Order, argv: tuple[str, ...], environment: Mapping[str, str]
) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return a command line and its environment as they are inside the walls of the run.

    The program is looked for outside, where no file of the worktree can take its place. Raises
    SystemFault when it is not there.
    """
    walls = order.confinement
    if walls is None:
        return argv, environment
    program = require_program(argv[0], environment)
    inside = {**environment, **dict(walls.environment)}
    return confined_argv(walls, (program, *argv[1:]), order.worktree), inside
