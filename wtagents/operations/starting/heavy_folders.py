"""The set-up command that copies heavy ignored folders into a new worktree."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents import system
from wtagents.core.isolation.copying import is_copyable, lock_files

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

_PROGRAM = Path(system.__path__[0], "folders", "copy_folders.py")


def copying(context: Context, task: Task) -> tuple[str, ...]:
    """Return the command, none where nothing is to be copied."""
    settings, source = context.settings.worktree, context.main_worktree
    folders = {
        folder.rstrip("/"): lock_files(folder) for folder in settings.copy if is_copyable(folder)
    }
    if not folders or source is None:
        return ()
    order = {
        "source": str(source.resolve()),
        "target": str(task.worktree.resolve()),
        "fallback": settings.copy_fallback,
        "folders": folders,
    }
    return (shlex.join((sys.executable, "-I", "-S", str(_PROGRAM), json.dumps(order))),)
