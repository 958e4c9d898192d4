"""What was undone and may have got lost since: a rebase drops commits that seem to be landed.

Git compares the branch with the target's history, where the landing still stands beside its revert.
A branch that still holds what had landed has changed its mind on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import Rejection
from wtagents.operations.landing.outcome import Refusal
from wtagents.store.merges import last_landing
from wtagents.store.undos import undo_of

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.source import Source


def dropped_landing(
    context: Context, hub: Hub, task: Task, source: Source
) -> tuple[Oid, Oid] | None:
    """Return both ends of an undone landing on which the branch does not stand any more."""
    with context.database.read() as db:
        landed = last_landing(db, task.id)
        undone = landed is not None and undo_of(db, landed.id) is not None
    if landed is None or not undone:
        return None
    if landed.source is None or landed.onto is None or landed.candidate is None:
        return None
    stands = ("merge-base", "--is-ancestor", landed.source, source.tip)
    if hub.repo.read(*stands, ok=(0, 1, 128)).status == 0:
        return None
    return landed.onto, landed.candidate


def refuse_dropped(context: Context, hub: Hub, task: Task, source: Source) -> Refusal | None:
    """Refuse a branch that seems to be on the target only because its landing was undone there."""
    if dropped_landing(context, hub, task, source) is None:
        return None
    return Refusal(
        rejection=Rejection.NOTHING_TO_LAND,
        detail=f"nothing of what was undone is left on {task.branch}: a rebase dropped it",
        hint=f"find it: git reflog {task.branch}; go back to it, and rebase it with: "
        f"git rebase --reapply-cherry-picks {task.target}",
    )
