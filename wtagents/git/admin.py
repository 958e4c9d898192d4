"""The private directories of linked worktrees: `<common>/worktrees/<id>/`.

They are read as files (gitrepository-layout(5)): a scan costs 0.01 ms, `git worktree list` 2 ms,
and git stops at the first directory that is half-written. An agent can write here, so everything
found is checked against where it must be.
"""

from __future__ import annotations

import os
import re
from itertools import chain
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from wtagents.core.ids import BranchName, Oid
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.git.repo import Repository

_REASON = r"wta v1 task=(?P<task>\S+) repository=(?P<owner>\S+)"
_LONGEST_REF = 128
_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("sequencer", "cherry-pick"),
    ("BISECT_LOG", "bisect"),
)


@record
class LockReason:
    """Why a worktree of ours is locked; no other tool prunes or removes it."""

    task: str
    owner: str
    """Id of the repository's state folder."""

    @property
    def text(self) -> str:
        """What stands in the lock file."""
        return f"wta v1 task={self.task} repository={self.owner}"

    @classmethod
    def parse(cls, text: str) -> LockReason | None:
        """Return the reason if it is one of ours."""
        found = re.fullmatch(_REASON, text.strip())
        return cls(task=found["task"], owner=found["owner"]) if found else None


@record
class Head:
    """What a HEAD file holds: a branch, or a commit when it is detached."""

    branch: BranchName | None
    commit: Oid | None


def admin_dirs(repo: Repository) -> Iterator[Path]:
    """Yield the private directory of every linked worktree, whole or not."""
    try:
        with os.scandir(repo.common_dir / "worktrees") as entries:
            found = sorted(entry.path for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return
    yield from map(Path, found)


def admin_dir(repo: Repository, worktree: Path) -> Path | None:
    """Return the private directory that is registered for a worktree, or None.

    The one that git has named after the worktree comes first: whoever claims the place of another
    worktree is not believed, and among hundreds nothing is searched.
    """
    wanted = place_of(worktree)
    named = repo.common_dir / "worktrees" / worktree.name
    first = () if named.is_symlink() else (named,)
    for folder in chain(first, admin_dirs(repo)):
        if may_belong_to(folder, worktree) and registered_place(folder) == wanted:
            return folder
    return None


def may_belong_to(folder: Path, worktree: Path) -> bool:
    """Whether a private directory names a folder of that name, or nothing yet.

    A small part of the price of `registered_place`, which follows the links on the way.
    """
    text = read_line(folder / "gitdir")
    return not text or Path(text).parent.name == worktree.name


def registered_place(folder: Path) -> Path | None:
    """Return the worktree that a private directory says it belongs to."""
    text = read_line(folder / "gitdir")
    if not text:
        return None
    return place_of((folder / text).parent)


def place_of(worktree: Path) -> Path:
    """Return a worktree's canonical path; the worktree itself may be absent."""
    return worktree.parent.resolve() / worktree.name


def linked_dir(worktree: Path) -> Path | None:
    """Return the directory that a worktree's `.git` file names, as it claims."""
    text = read_line(worktree / ".git")
    if not text.startswith("gitdir:"):
        return None
    return (worktree / text.removeprefix("gitdir:").strip()).resolve()


def lock_text(folder: Path) -> str | None:
    """Return why a worktree is locked; None when it is not."""
    try:
        return (folder / "locked").read_text(errors="replace").strip()
    except FileNotFoundError:
        return None


def read_head(git_dir: Path) -> Head:
    """Return what HEAD says, without following it."""
    text = read_line(git_dir / "HEAD")
    if text.startswith("ref: refs/heads/"):
        return Head(branch=BranchName(text.removeprefix("ref: refs/heads/")), commit=None)
    return Head(branch=None, commit=_oid(text))


def read_oid(path: Path) -> Oid | None:
    """Return the object that a loose ref names; None for anything else, a link or a pipe too."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        data = os.read(descriptor, _LONGEST_REF) if S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return _oid(os.fsdecode(data).rstrip("\n"))


def _oid(text: str) -> Oid | None:
    whole = len(text) in (40, 64) and set(text) <= set("0123456789abcdef") and set(text) != {"0"}
    return Oid(text) if whole else None


def operation_in_progress(git_dir: Path, *, is_clean: bool = False) -> str:
    """Return the rebase, merge, … that a worktree is in the middle of, or ''.

    In a clean worktree a single cherry-pick is over: inside walls of Landlock git cannot take its
    mark away.
    """
    for name, operation in _OPERATIONS:
        if is_clean and name == "CHERRY_PICK_HEAD":
            continue
        if os.path.lexists(git_dir / name):
            return operation
    return ""


def read_line(path: Path) -> str:
    """Return a small file without the last newline; '' when it cannot be read."""
    try:
        return os.fsdecode(path.read_bytes()).rstrip("\n")
    except OSError:
        return ""
