"""Who may land now: the ends of each branch, once nothing refuses, and the rows begun.

What all share is asked once for the batch: trust, the tripwire, the tips, who commits.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
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

_LOOKERS = 4
"""Worktrees that are looked at together: on two cores four take a third less time than one."""

logger = logging.getLogger(__name__)


def admit(context: Context, hub: Hub, landings: Sequence[Landing]) -> tuple[Begun, ...]:
    """Begin what may land; who may not is refused or withdrawn. All branches are kept in the hub.

    Raises SystemFault when git or the store cannot answer.
    """
    ready = [landing for landing in landings if _is_ready(landing)]
    if not ready:
        return ()
    targets = [landing.request.target for landing in ready]
    shared = observe_shared(context, [landing.task for landing in ready], targets)
    with ThreadPoolExecutor(_LOOKERS, thread_name_prefix="admit") as threads:
        found = list(threads.map(lambda each: _observe(context, each, shared), ready))
    for landing, end in zip(ready, found, strict=True):
        if isinstance(end, Refusal):
            landing.reject(end)
    sources = [
        (landing, end)
        for landing, end in zip(ready, found, strict=True)
        if not isinstance(end, Refusal)
    ]
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


def _observe(context: Context, landing: Landing, shared: Shared) -> Source | Refusal:
    """Look at one worktree and its branch, in a thread: the store is not for it to touch."""
    try:
        return observe_source(context, landing.task, landing.request.target, shared)
    except (WtaError, OSError) as error:
        logger.warning("looking at %s", landing.task.name, exc_info=error)
        return fault(landing.task, error)
