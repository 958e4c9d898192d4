"""repositories: every repository of this user that has tasks, found by its state folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.operations.context import Context
from wtagents.system.paths import StatePaths, state_home

if TYPE_CHECKING:
    from collections.abc import Iterator


def repositories(current: Context | None = None) -> tuple[Context, ...]:
    """Return a context of each, by name; `current` comes first and needs no tasks.

    A repository that is gone is left out; one whose state cannot be read is not, for whoever looks
    at it is told why.
    """
    found = {context.paths.root: context for context in _known() if _has_tasks(context)}
    if current is not None:
        found.pop(current.paths.root, None)
    others = sorted(found.values(), key=lambda each: each.common_dir)
    return (*(() if current is None else (current,)), *others)


def _known() -> Iterator[Context]:
    for note in sorted(state_home().glob("*/repository.json")):
        folder = StatePaths(root=note.parent)
        common_dir = _noted(folder)
        if common_dir is None or not common_dir.is_dir():
            continue
        context = Context(common_dir)
        # A copied or hand-made note leads nowhere: a repository has one state folder.
        if context.paths == folder:
            yield context


def _noted(folder: StatePaths) -> Path | None:
    try:
        path = json.loads(folder.repository.read_bytes())["path"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Path(path) if isinstance(path, str) and path.startswith("/") else None


def _has_tasks(context: Context) -> bool:
    from wtagents.store.tasks import tasks

    try:
        return context.reader is not None and bool(tasks(context.reader))
    except SystemFault:
        return True
    finally:
        context.close()
