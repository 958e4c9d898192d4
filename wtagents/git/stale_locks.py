"""Locks that a killed git left behind in a linked worktree.

git takes its locks away when it is asked to end, not when it is killed; then every later command in
that worktree fails. A lock is stale when it was taken while the last agent lived, that agent and
all its processes are proved gone, and no git works in the worktree. It is set aside, not deleted.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wtagents.git import admin
from wtagents.system.process import works_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import BranchName
    from wtagents.git.repo import Repository

_OF_THE_WORKTREE = ("index.lock", "HEAD.lock")


def clear_stale_locks(
    repo: Repository, path: Path, branch: BranchName, *, ended_at: datetime
) -> list[Path]:
    """Set aside the locks on index, HEAD and branch of a worktree; return where they were.

    The caller has proved that no process of the run that ended at `ended_at` is alive.
    """
    folder = admin.admin_dir(repo, path)
    if folder is None:
        return []
    found = [lock for lock in _locks(repo, folder, branch) if _is_older(lock, ended_at)]
    if not found or works_in(path, program="git"):
        return []
    for lock in found:
        with contextlib.suppress(FileNotFoundError):
            lock.replace(folder / f"{lock.name}.wta-stale")
    return found


def _locks(repo: Repository, folder: Path, branch: BranchName) -> Iterator[Path]:
    yield from (folder / name for name in _OF_THE_WORKTREE)
    yield repo.common_dir / f"{branch.ref}.lock"


def _is_older(lock: Path, ended_at: datetime) -> bool:
    try:
        return lock.stat().st_mtime < ended_at.timestamp()
    except OSError:
        return False
