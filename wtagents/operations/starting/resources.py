"""What a task has for itself beside its worktree: ports, names, folders; all told by variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.system.files import make_private_folder
from wtagents.system.paths import state_home
from wtagents.system.sharing.ports import claim_block, claimed_block

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.system.sharing.ports import PortBlock

_NAME_LIMIT = 60


@record
class Resources:
    """What a task holds now."""

    ports: PortBlock | None
    compose_project: str
    temporary: Path
    cache: Path


def give_resources(context: Context, task: Task) -> dict[str, str]:
    """Return the variables for the agent and the set-up commands of a task; make its folders.

    Raises SystemFault.
    """
    ports = claim_block(_ports(), task.worktree, task.name)
    held = _resources(context, task, ports)
    make_private_folder(context.paths.resources(task.id).root.parent)
    make_private_folder(context.paths.resources(task.id).root)
    for folder in (held.temporary, held.cache):
        make_private_folder(folder)
    told = {
        "WTA_TEMP": str(held.temporary),
        "WTA_CACHE": str(held.cache),
        "COMPOSE_PROJECT_NAME": held.compose_project,
    }
    if ports is None:
        return told
    return told | {
        "WTA_PORT": str(ports.first),
        "WTA_PORT_COUNT": str(ports.count),
        "WTA_PORT_RANGE": ports.words,
    }


def observe_resources(context: Context, task: Task) -> Resources | None:
    """Return what a task holds; None where it has nothing, or nothing any more."""
    if not context.paths.resources(task.id).root.is_dir():
        return None
    return _resources(context, task, claimed_block(_ports(), task.worktree))


def drop_resources(context: Context, task: Task) -> None:
    """Remove the temporary files and the cache of a task whose worktree is gone."""
    from shutil import rmtree

    rmtree(context.paths.resources(task.id).root, ignore_errors=True)


def _resources(context: Context, task: Task, ports: PortBlock | None) -> Resources:
    folder = context.paths.resources(task.id)
    return Resources(
        ports=ports,
        compose_project=_project_name(context, task),
        temporary=folder.temporary,
        cache=folder.cache,
    )


def _project_name(context: Context, task: Task) -> str:
    """Return a name that Docker Compose takes: lower case, digits, `-` and `_`."""
    owner = context.paths.root.name.rpartition("-")[2][:8]
    name = re.sub(r"[^a-z0-9_-]", "-", task.name.folder.lower())[:_NAME_LIMIT]
    return f"wta-{name}-{owner}"


def _ports() -> Path:
    return state_home() / "ports"
