"""What a person has said yes to, of what was held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.store.merges import merge_request_by_id

if TYPE_CHECKING:
    from wtagents.core.merge import MergeRequest
    from wtagents.operations.context import Context


def approval(context: Context, request: MergeRequest) -> MergeRequest | None:
    """Return the held request that a person has approved with this one."""
    if request.approves is None:
        return None
    with context.database.read() as db:
        return merge_request_by_id(db, request.approves)
