"""The walls round gates: they run what agents wrote, in a slot, with nobody looking on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.isolation.confinement import (
    Confinement,
    Replacement,
    SandboxMode,
    inside,
    without_covered,
)
from wtagents.core.task import AgentKind
from wtagents.operations.confining.choose import choose_sandbox
from wtagents.operations.confining.walls import (
    OTHERS_TEMPORARY,
    TEMPORARY,
    chosen_places,
    existing,
    expanded,
    inner_environment,
    inside_any,
    programs,
)
from wtagents.system.files import make_private_folder
from wtagents.system.paths import config_home, state_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.git.merging.scratch import Scratch
    from wtagents.operations.context import Context


def gate_walls(context: Context, scratch: Scratch) -> Confinement | None:
    """Return the walls of what runs in a slot, with an empty temporary folder; None for none.

    Raises SystemFault or ConfigError where the settings ask for walls that do not work here.
    """
    settings = context.settings.sandbox
    if not settings.gates or settings.mode in (SandboxMode.CLAUDE, SandboxMode.NONE):
        return None
    sandbox = choose_sandbox(settings, AgentKind.COMMAND)
    if not sandbox.mode.holds_all:
        return None
    has_own_files = sandbox.mode is SandboxMode.BUBBLEWRAP
    others, temporary = tuple(_others_places(context)), scratch.root / "tmp"
    is_private = has_own_files and not inside((*others, scratch.tree, *programs()), TEMPORARY)
    shutil.rmtree(temporary, ignore_errors=True)
    make_private_folder(temporary)
    shared = (temporary,) if is_private else (temporary, TEMPORARY)
    write = tuple(existing((scratch.tree, *shared, OTHERS_TEMPORARY, *chosen_places(settings))))
    hidden = (*expanded(settings.hide), state_home())
    return Confinement(
        mode=sandbox.mode,
        program=sandbox.program,
        write=write,
        guard=tuple(existing(inside_any(others, write))),
        hide=without_covered(existing(hidden)),
        show=tuple(existing((scratch.hub.objects,))),
        replace=(Replacement(place=TEMPORARY, source=temporary),) if is_private else (),
        network=settings.network,
        environment=inner_environment(temporary, settings.network, is_private=is_private),
    )


def _others_places(context: Context) -> Iterator[Path]:
    """Yield what must stay as it is even where all around it may be changed."""
    yield Path.home()
    yield context.common_dir
    if context.main_worktree is not None:
        yield context.main_worktree
    yield config_home()
    yield state_home()
