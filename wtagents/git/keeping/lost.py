"""Worktrees whose folder somebody deleted: made again from what git still has of them.

The private directory knows HEAD, its reflog and the index, so what was staged comes back, too. In
the middle of a rebase or a merge it is worth nothing without its files: then the branch is what
there is. The caller holds the repository lock, and no agent works there. Killed anywhere, the same
call goes on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.ids import Oid
from wtagents.core.record import replace
from wtagents.git import admin
from wtagents.git.admin import LockReason
from wtagents.git.refs import ref_value
from wtagents.git.repo import GitError
from wtagents.git.worktrees import ADD_SECONDS, FILES, remove_folder
from wtagents.system.files import write_atomic
from wtagents.system.lock import hold_folder

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import BranchName, TaskName
    from wtagents.git.repo import Repository


def is_lost(path: Path) -> bool:
    """Whether nothing is left of a worktree's folder."""
    try:
        return not path.is_symlink() and next(path.iterdir(), None) is None
    except FileNotFoundError:
        return True
    except OSError:
        return False


def make_again(
    repo: Repository, path: Path, *, branch: BranchName, task: TaskName, owner: str
) -> None:
    """Register a lost worktree again, locked and without files; `filling` checks them out.

    The branch must be there. Commits that only the private directory knows are archived by the
    caller. Raises StateError where a worktree of somebody else is registered.
    """
    reason = LockReason(task=task, owner=owner)
    with hold_folder(repo.common_dir, seconds=ADD_SECONDS, what="the repository") as held:
        folder = admin.admin_dir(repo, path)
        if folder is not None and admin.lock_text(folder) != reason.text:
            raise StateError(
                f"{path} is in the way of the worktree of {task}",
                cause="another worktree of this repository is registered there",
                hint="git worktree list",
            )
        if folder is not None and _note_files(repo, folder):
            _link(path, folder)
            return
        if folder is not None:
            remove_folder(folder)
        command = ("worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason")
        repo.holding(held).git(*command, reason.text, "--", str(path), branch)


def _link(path: Path, folder: Path) -> None:
    """Put a folder with nothing but its link there in one step: a half-made one is not lost."""
    half_made = path.with_name(f".{path.name}.wta-again")
    half_made.mkdir(parents=True, exist_ok=True)
    (half_made / ".git").write_bytes(b"gitdir: " + os.fsencode(folder) + b"\n")
    half_made.rename(path)


def _note_files(repo: Repository, folder: Path) -> bool:
    """Let the index go for a note of what it held; False where it cannot say that."""
    head = admin.read_head(folder)
    known = head.commit if head.branch is None else ref_value(repo, head.branch.ref)
    whole = known is not None and (folder / "commondir").is_file()
    if not whole or admin.operation_in_progress(folder):
        return False
    if (folder / "index").exists():
        try:
            tree = replace(repo, git_dir=folder).git("write-tree", durable=True).text
        except GitError:  # entries that were never merged
            return False
        write_atomic(folder / FILES, f"{Oid.parse(tree)}\n".encode())
        (folder / "index").unlink()
    return (folder / FILES).is_file()
