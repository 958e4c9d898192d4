"""The tripwire: what an agent could plant in the shared git directory, against what was accepted.

The first fingerprint is taken before the first agent starts. A difference freezes the repository's
landings until a person has looked at it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.store.tasks import tasks
from wtagents.store.tripwire import accept_fingerprint, accepted_fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.operations.context import Context

ACCEPT = "look at it, then accept it: wta doctor --accept"


def observe_tripwire(context: Context, *chosen: Task) -> list[str]:
    """Return what differs from what was accepted, the pointers of these tasks' worktrees included.

    Nothing differs while nothing was ever accepted.
    """
    from wtagents.git.tripwire import about, differences, fingerprint

    with context.database.read() as db:
        accepted = accepted_fingerprint(db)
    if accepted is None:
        return []
    folders = _admin_dirs(context, chosen)
    old = about(json.loads(accepted), *folders)
    return differences(old, fingerprint(context.common_dir, *folders))


def observe_every_tripwire(context: Context) -> list[str]:
    """Return what differs in the shared directory and in the worktree of any task."""
    with context.database.read() as db:
        every = tasks(db)
    return observe_tripwire(context, *every)


def lay_tripwire(context: Context) -> None:
    """Accept what is there now, unless something was accepted before."""
    with context.database.read() as db:
        laid = accepted_fingerprint(db) is not None
    if not laid:
        accept_tripwire(context)


def require_untouched(context: Context) -> None:
    """Raise StateError when somebody changed what git would run or read in this repository."""
    changed = observe_tripwire(context)
    if changed:
        raise StateError(
            "the repository's configuration or hooks have changed",
            cause="; ".join(changed),
            hint=ACCEPT,
        )


def accept_tripwire(context: Context) -> None:
    """Record that configuration and hooks are as a person wants them."""
    from wtagents.git.tripwire import fingerprint

    with context.database.read() as db:
        every = tasks(db)
    text = json.dumps(fingerprint(context.common_dir, *_admin_dirs(context, every)))
    with context.database.write() as db:
        accept_fingerprint(db, text, context.clock.now())


def _admin_dirs(context: Context, chosen: Sequence[Task]) -> list[Path]:
    from wtagents.git.admin import admin_dir

    found = (admin_dir(context.repository, task.worktree) for task in chosen)
    return [folder for folder in found if folder is not None]
