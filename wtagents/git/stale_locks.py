"""Locks that a killed git left behind. They are set aside, not deleted, when they are proved dead.

git takes its locks away when it is asked to end, not when it is killed; then every later command
that needs them fails. In the worktree of a task a lock is stale when it was taken while the last
agent lived, that agent and all its processes are proved gone, and no git works there. In the hub
nobody but wta has locks. Of the locks on a target only those are ours that say so (`advancing`).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wtagents.git import admin
from wtagents.system.open_files import is_open
from wtagents.system.process import works_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
    locks = _locks(repo, folder, branch)
    return set_aside(locks, folder, unless_git_in=(path,), taken_before=ended_at)


def set_aside(
    locks: Iterable[Path],
    into: Path,
    *,
    unless_git_in: Iterable[Path] = (),
    taken_before: datetime | None = None,
) -> list[Path]:
    """Take locks away of which the caller knows whose they are, if they stand still.

    Not while a git works in one of the folders, and none that somebody has open or that is younger
    than `taken_before`.
    Returns where they were.
    """
    found = {lock: stamp for lock in locks if (stamp := _stamp(lock)) is not None}
    if taken_before is not None:
        last = taken_before.timestamp()
        found = {lock: stamp for lock, stamp in found.items() if stamp[1] < last * 1e9}
    if not found or any(works_in(folder, program="git") for folder in unless_git_in):
        return []
    still = [lock for lock, stamp in found.items() if _stamp(lock) == stamp and not is_open(lock)]
    for lock in still:
        with contextlib.suppress(FileNotFoundError):
            lock.replace(into / f"{lock.name}.wta-stale")
    return still


def _stamp(lock: Path) -> tuple[int, int] | None:
    try:
        status = lock.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _locks(repo: Repository, folder: Path, branch: BranchName) -> Iterator[Path]:
    yield from (folder / name for name in _OF_THE_WORKTREE)
    yield repo.common_dir / f"{branch.ref}.lock"
