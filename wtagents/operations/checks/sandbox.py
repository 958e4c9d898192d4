"""What keeps agents inside: not read from settings but tried, on what must not be touched."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.agent.port import AgentFiles
from wtagents.core.errors import ConfigError, SystemFault
from wtagents.core.figures import plural
from wtagents.core.isolation.confinement import Confinement, SandboxMode
from wtagents.operations.checks.check import failed, note, ok
from wtagents.operations.confining.choose import choose_sandbox
from wtagents.operations.confining.walls import Needs, build_walls
from wtagents.system.paths import ResourceFolder, RunFolder
from wtagents.system.walls.confine import TRACE, overhead, tried
from wtagents.system.walls.network_trial import network_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.checks.check import Check
    from wtagents.operations.confining.choose import Sandbox
    from wtagents.operations.context import Context

_NAME = "sandbox"
_INSTALL = "install bubblewrap: apt install bubblewrap"
_OTHERWISE = f'{_INSTALL}; or try sandbox.mode = "claude" (its shell commands only)'
_LEFT_OPEN = "sockets and the processes of this user can be seen, Claude Code's settings be changed"


def check_sandbox(context: Context) -> Iterator[Check]:
    """Agents run as the user; permission rules are no wall."""
    settings = context.settings
    try:
        chosen = choose_sandbox(settings.sandbox, settings.agent.kind, fresh=True)
    except (SystemFault, ConfigError) as fault:
        yield failed(_NAME, f"{fault.message}: {fault.cause}", fault.hint)
        return
    why = f" ({'; '.join(chosen.failed)})" if chosen.failed else ""
    if chosen.mode is SandboxMode.NONE:
        yield note(_NAME, f"none: an agent can do what this user can do{why}", _OTHERWISE)
    elif chosen.mode is SandboxMode.CLAUDE:
        said = f"Claude Code's own, for its shell commands only{why}: not tried"
        yield note(_NAME, said, _INSTALL)
    else:
        yield _attempt(context, chosen, why)


def _attempt(context: Context, chosen: Sandbox, why: str) -> Check:
    """Build the walls of an agent of this repository, and try from inside to break out."""
    with tempfile.TemporaryDirectory(prefix="wta-doctor-") as name:
        root = Path(name).resolve()
        worktree = root / "worktree"
        worktree.mkdir()
        needs = Needs(
            sandbox=chosen,
            files=AgentFiles(),
            folder=RunFolder(root=root / "run"),
            resources=ResourceFolder(root=root / "resources"),
            branch="wta/doctor",
        )
        walls = build_walls(context, worktree, needs)
        if walls is None:
            return failed(_NAME, f"{chosen.mode} builds no walls", _INSTALL)
        if not walls.network.is_open and (fault := network_fault(walls, worktree)):
            return failed(_NAME, f"{chosen.mode}: {fault}", _INSTALL)
        forbidden, secrets = tuple(_forbidden(context)), tuple(_secrets(walls))
        could = tried(walls, worktree, write=(worktree, *forbidden), read=secrets)
        for place in filter(Path.is_dir, forbidden):
            (place / TRACE).unlink(missing_ok=True)
        cost = overhead(walls, worktree)
    return _judge(walls, worktree, could, f"; they cost {cost * 1000:.0f} ms a program{why}")


def _judge(walls: Confinement, worktree: Path, could: dict[Path, bool] | str, why: str) -> Check:
    """Say what was possible."""
    if isinstance(could, str):
        return failed(_NAME, f"{walls.mode} does not start an agent here: {could}", _INSTALL)
    if not could.pop(worktree):
        return failed(_NAME, f"{walls.mode}: an agent could not even write its worktree", _INSTALL)
    broken = [str(place) for place in could if could[place]]
    if broken:
        return failed(_NAME, f"{walls.mode}: an agent can reach {', '.join(broken)}", _INSTALL)
    tries = len(could) + (0 if walls.network.is_open else 1)
    said = f"{walls.mode}: {tries} forbidden acts tried from inside, none succeeded"
    if walls.network.is_listed:
        said += f"; the network ends at {plural(len(walls.network.entries), 'listed host')}"
    if walls.mode is SandboxMode.LANDLOCK:
        return note(_NAME, f"{said}; {_LEFT_OPEN}{why}", _INSTALL)
    return ok(_NAME, f"{said}{why}")


def _forbidden(context: Context) -> Iterator[Path]:
    """Yield files and folders that no agent may write."""
    common, home = context.common_dir, Path.home()
    places = (
        context.main_worktree,
        *(common / name for name in ("config", "hooks", "refs/heads", "worktrees")),
        *(context.paths.root, context.paths.database, context.paths.hub),
        *(home, home / ".ssh", home / ".bashrc"),
    )
    yield from (place for place in places if place is not None and place.exists())


def _secrets(walls: Confinement) -> Iterator[Path]:
    """Yield of each hidden place one file that this user could read."""
    for place in walls.hide:
        files = [place] if place.is_file() else []
        for folder, _, names in os.walk(place):
            files = [Path(folder, name) for name in names]
            if files:
                break
        yield from [file for file in files if file.is_file() and os.access(file, os.R_OK)][:1]
