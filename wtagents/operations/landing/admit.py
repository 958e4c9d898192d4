"""Who may land now: the ends of each branch, once nothing refuses, and the rows begun.

What all share is asked once for the batch: trust, the tripwire, the tips, who commits.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.task import TaskState
from wtagents.operations.landing.chain import Begun
from wtagents.operations.landing.landing import begin_all
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.source import observe_shared, observe_source
from wtagents.operations.landing.words import fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.source import Shared, Source

logger = logging.getLogger(__name__)


def admit(context: Context, hub: Hub, landings: Sequence[Landing]) -> tuple[Begun, ...]:
    """Begin what may land; who may not is refused or withdrawn. All branches are kept in the hub.

    Raises SystemFault when git or the store cannot answer.
    """
    ready = [landing for landing in landings if _is_ready(landing)]
    if not ready:
        return ()
    shared = observe_shared(context, [landing.task for landing in ready])
    found = [(landing, _observe(context, landing, shared)) for landing in ready]
    sources = [(landing, source) for landing, source in found if source is not None]
    rows = begin_all([(landing, source.tip, source.onto) for landing, source in sources])
    begun = tuple(
        Begun(landing=row, source=source)
        for row, (_, source) in zip(rows, sources, strict=True)
        if row is not None
    )
    if begun:
        hub.archive_all(
            context.repository,
            [(each.landing.task.name, each.landing.request.id, each.source.tip) for each in begun],
            also=[begun[0].source.onto],
        )
    return begun


def _is_ready(landing: Landing) -> bool:
    if landing.task.state in (TaskState.READY, TaskState.MERGING):
        return True
    landing.withdraw(f"the task is {landing.task.state} again")
    return False


def _observe(context: Context, landing: Landing, shared: Shared) -> Source | None:
    try:
        found = observe_source(context, landing.task, landing.request.target, shared)
    except (WtaError, OSError) as error:
        logger.warning("looking at %s", landing.task.name, exc_info=error)
        found = fault(landing.task, error)
    if isinstance(found, Refusal):
        landing.reject(found)
        return None
    return found
