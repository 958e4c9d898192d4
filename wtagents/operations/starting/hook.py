"""The program that an agent asks before it edits a file; loads little, for a spawn waits for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents import agent
from wtagents.core.task import AgentKind
from wtagents.system.files import make_private_folder

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

PROGRAM = Path(agent.__path__[0]) / "edit_hook.py"


def edit_hook(context: Context, task: Task) -> tuple[str, ...]:
    """Return the program that the agent of a task asks before an edit; empty for none."""
    settings = context.settings.radar
    if not settings.enabled or task.agent.kind is not AgentKind.CLAUDE:
        return ()
    make_private_folder(context.paths.claims)
    facts = (context.paths.claims, task.id, task.name, task.worktree, settings.claims)
    return (sys.executable, "-I", "-S", str(PROGRAM), *map(str, facts))
