"""What a person has said yes to, of what was held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import HELD
from wtagents.store.merges import latest_merge_request, merge_request_by_id

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import Hold, MergeRequest
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


def approval(context: Context, request: MergeRequest) -> MergeRequest | None:
    """Return the held request that a person has approved with this one."""
    if request.approves is None:
        return None
    with context.database.read() as db:
        return merge_request_by_id(db, request.approves)


def seen_holds(context: Context, request: MergeRequest, tip: Oid) -> tuple[Hold, ...]:
    """Return what a person has let pass of a branch, if it still is at the tip they saw."""
    approved = approval(context, request)
    return approved.holds if approved is not None and approved.source == tip else ()


def foreseen_holds(context: Context, task: Task, tip: Oid, *, approve: bool) -> tuple[Hold, ...]:
    """Return what the next request for a task lets pass; with `approve` what is held now, too."""
    with context.database.read() as db:
        latest = latest_merge_request(db, task.id)
    if latest is None:
        return ()
    now = latest.holds if approve and latest.rejection in HELD and latest.source == tip else ()
    return now or seen_holds(context, latest, tip)
