"""Worktrees that go and come back: into a trash folder by rename, and out of it again.

Nothing is deleted here. The private directory goes along (index, reflog, HEAD, submodules), so that
what comes back is what went. The caller holds the repository lock and has proved that nobody works
there; every step can be repeated after a death in its middle.

    <trash>/files    the worktree
    <trash>/admin    its private directory
"""

from __future__ import annotations

import errno
import os
import shutil
from itertools import count
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git import admin
from wtagents.git.refs import ref_value, swap_ref
from wtagents.git.worktrees import remove_folder, worktrees
from wtagents.system.files import disk_fault, make_private_folder

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid
    from wtagents.git.admin import LockReason
    from wtagents.git.repo import Repository

FILES, ADMIN = "files", "admin"


def trash_worktree(repo: Repository, worktree: Path, trash: Path, *, owner: LockReason) -> None:
    """Move a worktree of ours, files first, into a trash folder; the branch stays.

    While its files are on the way the worktree is locked, so that nobody prunes it. Raises
    StateError for anything that is not exactly the task's own worktree.
    """
    folder = admin.admin_dir(repo, worktree)
    if folder is None:
        if (trash / ADMIN).is_dir():
            return
        raise _refused(worktree, "no worktree is registered there")
    if admin.lock_text(folder) != owner.text:
        raise _refused(worktree, "it is not locked for this task")
    make_private_folder(trash)
    if os.path.lexists(worktree):
        _require_linked(repo, worktree, folder)
        _set_aside(trash / FILES)
        _relocate(worktree, trash / FILES)
    elif not (trash / FILES).is_dir():
        raise _refused(worktree, "its files are not there")
    _relocate(folder, trash / ADMIN)


def restore_worktree(
    repo: Repository, worktree: Path, trash: Path, *, branch: BranchName, tip: Oid
) -> None:
    """Move a worktree back out of the trash, with its branch at `tip` if that is gone.

    Raises StateError when its place or its branch was taken meanwhile; nothing moves then. The
    objects of `tip` must be in the repository (`Hub.send`).
    """
    if (trash / FILES).is_dir() and os.path.lexists(worktree):
        raise _refused(worktree, "something else is there now")
    for each in worktrees(repo):
        if each.branch == branch and each.path != worktree:
            raise _refused(worktree, f"{branch} is checked out at {each.path}")
    there = ref_value(repo, branch.ref)
    if there not in (None, tip):
        raise _refused(worktree, f"{branch} is now at another commit, {there}")
    if there is None:
        swap_ref(repo, branch.ref, tip, None, reason="wta: undelete")
    if (trash / ADMIN).is_dir():
        _point(trash / ADMIN, worktree)
        _relocate(trash / ADMIN, _free_admin_dir(repo, worktree.name))
    folder = admin.admin_dir(repo, worktree)
    if folder is None:
        raise _refused(worktree, f"{trash} holds no private directory")
    if (trash / FILES).is_dir():
        (trash / FILES / ".git").unlink(missing_ok=True)
        (trash / FILES / ".git").write_text(f"gitdir: {folder}\n")
        worktree.parent.mkdir(parents=True, exist_ok=True)
        _relocate(trash / FILES, worktree)


def remove_admin(repo: Repository, worktree: Path, *, owner: LockReason) -> bool:
    """Forget one worktree whose files are gone; False when none is registered there.

    Never `git worktree prune`, which takes no path and forgets those of others. Raises StateError
    while its files are there or when it is not ours.
    """
    folder = admin.admin_dir(repo, worktree)
    if folder is None:
        return False
    if admin.lock_text(folder) != owner.text:
        raise _refused(worktree, "it is not locked for this task")
    if os.path.lexists(worktree):
        raise _refused(worktree, "its files are still there")
    remove_folder(folder)
    return True


def _require_linked(repo: Repository, worktree: Path, folder: Path) -> None:
    """A recursive move must only ever meet a linked worktree: check from both ends."""
    if worktree.is_symlink() or not worktree.is_dir():
        raise _refused(worktree, "it is not a folder")
    link = worktree / ".git"
    if link.is_symlink() or not link.is_file():
        raise _refused(worktree, "its .git is not the file of a linked worktree")
    if admin.linked_dir(worktree) != folder.resolve():
        raise _refused(worktree, "its .git leads elsewhere")
    if repo.common_dir.is_relative_to(admin.place_of(worktree)):
        raise _refused(worktree, "the repository itself lies inside")


def _refused(worktree: Path, cause: str) -> StateError:
    return StateError(f"{worktree} stays as it is", cause=cause, hint="git worktree list")


def _point(folder: Path, worktree: Path) -> None:
    (folder / "gitdir").write_text(f"{worktree}/.git\n")
    (folder / "commondir").write_text("../..\n")


def _free_admin_dir(repo: Repository, name: str) -> Path:
    parent = repo.common_dir / "worktrees"
    parent.mkdir(exist_ok=True)
    names = (name if number == 0 else f"{name}{number}" for number in count())
    return next(parent / each for each in names if not os.path.lexists(parent / each))


def _set_aside(copy: Path) -> None:
    """Keep what an interrupted copy to another file system left; the source was still whole."""
    names = (copy.with_name(f"{copy.name}.earlier-{number}") for number in count(1))
    if os.path.lexists(copy):
        copy.rename(next(name for name in names if not os.path.lexists(name)))


def _relocate(source: Path, target: Path) -> None:
    """Rename; across file systems copy whole, then take the source out of sight and delete it."""
    try:
        if os.path.lexists(target):
            raise StateError(f"{target} is in the way", hint="wta doctor")
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise disk_fault(error, target) from error
        _copy_over(source, target)


def _copy_over(source: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    going = source.with_name(f".{source.name}.wta-going")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(source, partial, symlinks=True)
        partial.rename(target)
        shutil.rmtree(going, ignore_errors=True)
        source.rename(going)
        shutil.rmtree(going)
    except OSError as error:
        raise disk_fault(error, target) from error
