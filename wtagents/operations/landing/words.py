"""The words of a landing's end: what was verified, or what is in the way and what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.core.merge import Rejection
from wtagents.operations.landing.outcome import Refusal

if TYPE_CHECKING:
    from wtagents.core.ids import BranchName
    from wtagents.core.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.advance import CheckoutBusy, CheckoutDirty

_SHOWN = 4


def landed_words(request: MergeRequest, commits: int, notes: tuple[str, ...] = ()) -> str:
    """Say what landed and whether anything vouches for it; no gate never reads as a pass."""
    words = [f"{_counted(commits, 'commit')} on {request.target}"]
    resolved = len({resolution.path for resolution in request.resolutions})
    if resolved:
        words.append(f"{_counted(resolved, 'file')} resolved")
    return "; ".join((*words, _verification(request), *notes))


def _verification(request: MergeRequest) -> str:
    if request.skip_gate:
        return "not verified: --no-gate"
    if not request.gates:
        return "not verified: no gate is configured"
    return f"{_counted(len(request.gates), 'gate')} passed"


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"


def refuse_moved(task: Task) -> Refusal:
    """The branch got commits that this candidate does not have."""
    return Refusal(
        rejection=Rejection.SOURCE_MOVED,
        detail=f"{task.branch} moved while it was landing",
        hint=f"land it as it is now: wta merge {task.name}",
    )


def refuse_dirty(task: Task, target: BranchName, found: CheckoutDirty) -> Refusal:
    """Somebody's uncommitted files in a checkout of the target would be overwritten."""
    more = f" and {len(found.paths) - _SHOWN} more" if len(found.paths) > _SHOWN else ""
    place = shlex.quote(str(found.checkout))
    return Refusal(
        rejection=Rejection.CHECKOUT_DIRTY,
        detail=f"{target} is checked out in {found.checkout} with files that no commit has, and"
        f" the landing changes them: {', '.join(found.paths[:_SHOWN])}{more}",
        hint=f"commit or move them: git -C {place} status; then: wta merge {task.name}",
    )


def refuse_busy(task: Task, target: BranchName, found: CheckoutBusy) -> Refusal:
    """Somebody is in the middle of something in a checkout of the target."""
    return Refusal(
        rejection=Rejection.CHECKOUT_BUSY,
        detail=f"{target} is checked out in {found.checkout}, which is busy: {found.operation}",
        hint=f"finish that there, then: wta merge {task.name}",
    )
