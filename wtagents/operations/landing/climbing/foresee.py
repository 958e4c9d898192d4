"""How far a conflict comes by itself: every rung that asks nobody and runs nothing.

For forecasts and for `wta resolve`; no row changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeRequest, MergeState, ResolverKind
from wtagents.core.landing.rung import Rung
from wtagents.operations.landing.climbing.climb import Climb
from wtagents.operations.landing.climbing.floor import solve_mechanically
from wtagents.operations.landing.climbing.memory import recall_answers
from wtagents.operations.landing.climbing.person import take_answers
from wtagents.operations.landing.climbing.regenerate import reserve_generated
from wtagents.operations.landing.landing import Landing
from wtagents.operations.landing.outcome import silent
from wtagents.store.merges import latest_merge_request

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.rebase import ReplayConflict
    from wtagents.operations.context import Context


def climb_alone(landing: Landing, hub: Hub, conflict: ReplayConflict, target_tip: Oid) -> Climb:
    """Return the conflict with everything solved or reserved that needs nobody."""
    climbing = Climb(landing, hub, conflict, target_tip)
    take_answers(climbing)
    reserve_generated(climbing)
    recall_answers(climbing, note=False)
    solve_mechanically(climbing)
    return climbing


def foreseen_rungs(
    context: Context, hub: Hub, task: Task, conflict: ReplayConflict, target_tip: Oid
) -> dict[str, Rung]:
    """Return who or what would solve each conflicted path."""
    climbing = climb_alone(imagined_landing(context, task), hub, conflict, target_tip)
    asked = context.settings.merge.resolver is not ResolverKind.NONE
    left = climbing.left
    last = Rung.AGENT if asked and climbing.left_for(Rung.AGENT) == left else Rung.PERSON
    found = {each.path: last for each in left}
    found |= {each.path: Rung.REGENERATE for each in climbing.reserved}
    return found | {each.resolution.path: each.resolution.rung for each in climbing.answers}


def imagined_landing(context: Context, task: Task) -> Landing:
    """Return what a landing of the task would be; no row is changed through it."""
    with context.database.read() as db:
        last = latest_merge_request(db, task.id)
    return Landing(context=context, task=task, request=last or _unasked(context, task), tell=silent)


def _unasked(context: Context, task: Task) -> MergeRequest:
    now = context.clock.now()
    return MergeRequest(
        id=0,
        task_id=task.id,
        state=MergeState.WAITING,
        target=task.target,
        squash=context.settings.merge.squashes,
        skip_gate=False,
        source=None,
        onto=None,
        candidate=None,
        rejection=None,
        detail="",
        hint="",
        attempts=0,
        resolutions=(),
        gates=(),
        holds=(),
        approves=None,
        created_at=now,
        changed_at=now,
    )
