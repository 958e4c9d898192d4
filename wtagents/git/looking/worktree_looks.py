"""Looking at a worktree: what has been done there, and whether a commit has all of it.

Every look happens in the clean room: nothing that an agent configured runs, its index stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.worktree import WorktreeFacts
from wtagents.git import admin
from wtagents.git.looking.room import clean_room
from wtagents.git.looking.signature import signature
from wtagents.git.refs import ref_value

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid
    from wtagents.git.repo import Repository


@record
class WorktreeState:
    """Whether a worktree holds more than its branch does."""

    head: Oid
    branch: BranchName | None
    """None: its HEAD is detached."""
    uncommitted: int
    operation: str
    """`rebase`, `merge`, …, or ''."""


def worktree_state(
    repo: Repository, path: Path, *, configuration: str = ""
) -> WorktreeState | None:
    """Look for what no commit has; None when the worktree is not there or not whole.

    `configuration` is that of the clean room, where it has been asked already.
    """
    folder = admin.admin_dir(repo, path)
    if folder is None or admin.linked_dir(path) != folder.resolve():
        return None
    head = admin.read_head(folder)
    commit = head.commit if head.branch is None else ref_value(repo, head.branch.ref)
    if commit is None:
        return None
    with clean_room(repo, folder, path, commit, configuration=configuration) as room:
        uncommitted = len(_status(room))
    return WorktreeState(
        head=commit,
        branch=head.branch,
        uncommitted=uncommitted,
        operation=admin.operation_in_progress(folder, is_clean=not uncommitted),
    )


def _status(room: Repository) -> list[str]:
    return room.read(
        "status",
        "--porcelain",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--no-renames",
    ).fields


def worktree_facts(
    repo: Repository, path: Path, base: Oid, *, at: datetime
) -> WorktreeFacts | None:
    """Look at a worktree, uncommitted work included; None when it is not there or not whole."""
    folder = admin.admin_dir(repo, path)
    if folder is None or admin.linked_dir(path) != folder.resolve():
        return None
    seen = signature(path)
    head = admin.read_head(folder)
    commit = head.commit if head.branch is None else ref_value(repo, head.branch.ref)
    if commit is None:
        return None
    count = repo.read("rev-list", "--count", "--end-of-options", f"{base}..{commit}").text
    with clean_room(repo, folder, path, commit) as room:
        status = _status(room)
        changed = room.read(
            "diff",
            "--numstat",
            "-z",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--ignore-submodules=dirty",
            base,
            "--",
        ).fields
    untracked = sum(line.startswith("??") for line in status)
    return WorktreeFacts(
        head=commit,
        branch=head.branch,
        commits=int(count),
        files_changed=len(changed) + untracked,
        insertions=sum(_number(line, 0) for line in changed),
        deletions=sum(_number(line, 1) for line in changed),
        uncommitted=len(status),
        operation=admin.operation_in_progress(folder, is_clean=not status),
        signature=seen,
        at=at,
    )


def _number(line: str, column: int) -> int:
    """Return a column of `--numstat`; '-' stands for a binary file."""
    text = line.split("\t", 2)[column]
    return int(text) if text.isdigit() else 0
