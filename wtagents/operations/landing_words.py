"""The words of a landing's end: what was verified, or what is in the way and what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.core.merge import Rejection
from wtagents.operations.outcome import Refusal

if TYPE_CHECKING:
    from wtagents.core.ids import BranchName
    from wtagents.core.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.advance import CheckoutBusy, CheckoutDirty
    from wtagents.operations.candidate import Built
    from wtagents.operations.gate import Gated

_SHOWN = 4


def landed_words(request: MergeRequest, built: Built, gated: Gated) -> str:
    """Say what landed and whether anything vouches for it; no gate never reads as a pass."""
    commits = "1 commit" if built.commits == 1 else f"{built.commits} commits"
    resolved = len({resolution.path for resolution in built.resolutions})
    words = [f"{commits} on {request.target}"]
    if resolved:
        words.append("1 file resolved" if resolved == 1 else f"{resolved} files resolved")
    words.append(_verification(request, gated))
    return "; ".join((*words, *gated.notes))


def _verification(request: MergeRequest, gated: Gated) -> str:
    if request.skip_gate:
        return "not verified: --no-gate"
    if not gated.results:
        return "not verified: no gate is configured"
    return "1 gate passed" if len(gated.results) == 1 else f"{len(gated.results)} gates passed"


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
