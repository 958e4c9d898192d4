"""The tripwire: what an agent could plant in the shared git directory, against what was accepted.

The first fingerprint is taken before the first agent starts. A difference freezes the repository's
landings until a person has looked at it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.store.tripwire import accept_fingerprint, accepted_fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from wtagents.core.task import Task
    from wtagents.operations.context import Context

ACCEPT = "look at it, then accept it: wta doctor --accept"


def observe_tripwire(context: Context, *tasks: Task) -> list[str]:
    """Return what differs from what was accepted.

    It looks at what all share, and for each of these tasks at the private directories of its
    worktree and of the checkouts of its target. Nothing differs while nothing was ever accepted.
    """
    return _differences(context, _concerned(context, tasks))


def observe_every_tripwire(context: Context) -> list[str]:
    """Return what differs in the shared directory and in that of any worktree."""
    from wtagents.git.admin import admin_dirs

    return _differences(context, admin_dirs(context.repository))


def _differences(context: Context, worktree_admins: Iterable[Path]) -> list[str]:
    from wtagents.git.looking.tripwire import about, differences, fingerprint

    with context.database.read() as db:
        accepted = accepted_fingerprint(db)
    if accepted is None:
        return []
    folders = tuple(worktree_admins)
    old = about(json.loads(accepted), *folders)
    return differences(old, fingerprint(context.common_dir, *folders))


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
    from wtagents.git.admin import admin_dirs
    from wtagents.git.looking.tripwire import fingerprint

    text = json.dumps(fingerprint(context.common_dir, *admin_dirs(context.repository)))
    with context.database.write() as db:
        accept_fingerprint(db, text, context.clock.now())


def _concerned(context: Context, tasks: Collection[Task]) -> set[Path]:
    from wtagents.git.admin import admin_dir
    from wtagents.git.checkouts import checkouts

    repository = context.repository
    found = {admin_dir(repository, task.worktree) for task in tasks}
    for target in {task.target for task in tasks}:
        found |= {each.git_dir for each in checkouts(repository, target)}
    return {each for each in found if each is not None and each != repository.common_dir}
