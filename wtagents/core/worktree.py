"""What git says about a task's worktree, as data."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import BranchName, Oid


@record
class WorktreeFacts:
    """One look at a worktree, uncommitted work included."""

    head: Oid
    branch: BranchName | None
    """None when HEAD is detached."""
    commits: int
    """Commits of HEAD that the base does not have."""
    files_changed: int
    insertions: int
    deletions: int
    uncommitted: int
    """Paths that are modified, staged or untracked."""
    operation: str
    """A rebase, merge, … in progress, or ''."""
    signature: str
    """Stat of index and reflog; equal means unchanged commits and index."""
    at: datetime


class UnsavedKind(StrEnum):
    """What a removal of the worktree would destroy."""

    MODIFIED = "modified"
    UNTRACKED = "untracked"
    IGNORED = "ignored"
    ASSUME_UNCHANGED = "assume-unchanged"
    SKIP_WORKTREE = "skip-worktree"
    OPERATION = "operation in progress"
    NESTED_REPOSITORY = "nested repository"
    NESTED_WORKTREE = "nested worktree"
    SUBMODULE = "submodule"
    DETACHED_COMMITS = "commits on a detached HEAD"
    REFLOG_COMMITS = "commits only in the reflog"
    STASH = "stash"
    EMPTY_FOLDER = "empty folder"
    FOREIGN_LOCK = "locked by somebody else"
    PROCESS = "process inside"
    UNKNOWN = "could not be checked"


@record
class Unsaved:
    """One thing that would be lost."""

    kind: UnsavedKind
    detail: str
