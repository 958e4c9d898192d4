"""Retention: whether what is left of a task may go to the trash. Pure; every doubt keeps.

Age is never a reason. A task's worktree may go when the task has ended, nothing works in it, its
branch is at exactly what landed (or the task was given up), and nothing in it would be a surprise
to lose from sight. A task at rest has ended, too, when somebody else has landed all that it did.
What goes can come back: the whole folder is renamed, commits are archived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.core.worktree import UnsavedKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from wtagents.core.ids import Oid
    from wtagents.core.worktree import Unsaved

REFUSING = frozenset(
    {
        UnsavedKind.PROCESS,
        UnsavedKind.FOREIGN_LOCK,
        UnsavedKind.NESTED_WORKTREE,
        UnsavedKind.UNKNOWN,
    }
)
"""What a rename would break or nobody understands: refused whoever asks."""
CARRIED = frozenset(
    {
        UnsavedKind.IGNORED,
        UnsavedKind.EMPTY_FOLDER,
        UnsavedKind.REFLOG_COMMITS,
        UnsavedKind.STASH,
    }
)
"""What may always go along: it comes back with the folder, or is archived, or stays where it is.

Everything else in the worktree of a task that landed was made after it had landed: it goes only
when a person names the task, or has given the task up.
"""
RESTING = frozenset({TaskState.READY, TaskState.STOPPED})
"""Tasks that others may have landed: a pull request, a merge by hand."""
LANDED_WHOLE = "merged; its branch is at what landed, "
"""So begins the proof of a worktree with which nothing went that is nowhere else."""
_SHOWN = 3


@record
class Remains:
    """What is left of a task, as just observed."""

    state: TaskState
    named: bool
    """Whether a person named this very task now."""
    at_work: str
    """What still works on it, or ''."""
    tip: Oid | None
    """Tip of its branch; None when that is gone."""
    landed: Oid | None
    """The tip that landed last; None when none ever did."""
    on_disk: bool
    """Whether its worktree is there."""
    elsewhere: str
    """Another worktree that has the branch checked out, or ''."""
    unsaved: tuple[Unsaved, ...]
    restored_at: datetime | None
    """When a person brought it back the last time."""
    integrated: str = ""
    """How somebody else has landed all that it did, in words; '' for not, or unknown."""
    awaited_by: str = ""
    """A task that is to land after it, or ''."""


@record
class Remove:
    """It may go."""

    proof: str


@record
class Keep:
    """It stays."""

    reason: str


def judge_retention(remains: Remains) -> Remove | Keep:
    """Return the verdict with its proof or its reason."""
    reason = next(_reasons_to_keep(remains), None)
    return Remove(proof=_proof(remains)) if reason is None else Keep(reason=reason)


def _reasons_to_keep(remains: Remains) -> Iterator[str]:
    if remains.state not in (TaskState.MERGED, TaskState.CANCELLED):
        if remains.state not in RESTING or not remains.integrated:
            yield f"the task is {remains.state}"
        if remains.awaited_by:
            yield f"{remains.awaited_by} lands after it"
        yield from _later(remains, "beside what landed")
    if remains.at_work:
        yield remains.at_work
    if remains.restored_at is not None and not remains.named:
        yield f"it was brought back on {remains.restored_at:%Y-%m-%d}"
    refusing = [each for each in remains.unsaved if each.kind in REFUSING]
    if refusing:
        yield listed(refusing)
    if remains.on_disk and remains.tip is None and remains.landed is None:
        yield "its branch is gone, and nothing of it has landed"
    if remains.elsewhere:
        yield f"its branch is checked out at {remains.elsewhere}"
    if remains.state is TaskState.MERGED and not remains.named:
        yield from _after_landing(remains)


def _after_landing(remains: Remains) -> Iterator[str]:
    if remains.tip is not None and remains.tip != remains.landed:
        yield "its branch has moved since it landed"
    yield from _later(remains, "since it landed")


def _later(remains: Remains, when: str) -> Iterator[str]:
    later = [each for each in remains.unsaved if each.kind not in CARRIED]
    if later:
        yield f"{when}: {listed(later)}"


def _proof(remains: Remains) -> str:
    if remains.state is TaskState.CANCELLED:
        return "cancelled; its commits are archived"
    if remains.state in RESTING:
        return f"landed by somebody else: {remains.integrated}; its commits are archived"
    if remains.tip is None:
        return "merged; its branch is gone already"
    if remains.tip == remains.landed:
        later = [each for each in remains.unsaved if each.kind not in CARRIED]
        beside = f"; with it went {listed(later)}" if later else ""
        return f"{LANDED_WHOLE}{remains.tip.short}{beside}"
    return "merged and named by a person; its later commits are archived"


def listed(unsaved: Iterable[Unsaved]) -> str:
    """Say in one line what there is."""
    lines = [f"{each.kind}: {each.detail}" for each in unsaved]
    more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more


def regenerable_folders(unsaved: Iterable[Unsaved], patterns: Iterable[str]) -> list[str]:
    """Return the ignored folders that a command makes again, without a trailing slash.

    A pattern is the name of a folder with a slash at its end. A folder that holds a repository of
    its own is not one of them.
    """
    found = list(unsaved)
    names = {pattern.rstrip("/") for pattern in patterns if pattern.endswith("/")}
    ignored = [
        each.detail.rstrip("/")
        for each in found
        if each.kind is UnsavedKind.IGNORED and each.detail.endswith("/")
    ]
    precious = [
        each.detail
        for each in found
        if each.kind is not UnsavedKind.IGNORED and each.kind is not UnsavedKind.EMPTY_FOLDER
    ]
    return [
        folder
        for folder in ignored
        if folder.rpartition("/")[2] in names
        and not any(detail.startswith(f"{folder}/") for detail in precious)
    ]
