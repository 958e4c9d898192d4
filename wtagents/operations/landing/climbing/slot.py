"""One commit of one landing in a scratch worktree, before the batch is verified."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from wtagents.operations.landing.gate import Inspection

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.operations.landing.landing import Landing


def inspect_alone(
    landing: Landing, hub: Hub, commit: Oid, onto: Oid, *, purpose: str = ""
) -> Inspection:
    """Return the inspection of a commit in the first slot; nothing else may be verified now."""
    request = landing.request
    stem = f"{landing.task.name.folder}-{request.id}-{request.tries}"
    return Inspection(
        context=landing.context,
        hub=hub.repo,
        slot=1,
        tasks=(landing.task.name,),
        commit=commit,
        onto=onto,
        target=request.target,
        stem=f"{stem}-{purpose}" if purpose else stem,
        tell=landing.tell,
        cancelled=Event(),
    )
