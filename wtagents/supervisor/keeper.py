"""Take checkpoints beside the ticks: a look may take seconds, a tick may not."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wtagents.operations.checkpointing.keep import due_checkpoints, keep_checkpoints

if TYPE_CHECKING:
    from wtagents.core.keeping.checkpoint import Moment
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.checkpointing.keep import Due
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)


class Keeper:
    """One thread with a context of its own; what is due while it works is due at the next tick."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keeper")
        self._work: Future[None] | None = None
        self._last: dict[int, Moment] = {}

    def wake(self, snapshot: Snapshot) -> None:
        """Begin to take what is due, when nothing is under way."""
        settings = self._context.settings.checkpoints
        under_way = self._work is not None and not self._work.done()
        if not settings.enabled or under_way:
            return
        at = self._context.clock.monotonic()
        due = due_checkpoints(snapshot, self._last, at=at, every=settings.every)
        if due:
            self._last |= {task.id: moment for task, _, moment in due}
            self._work = self._thread.submit(self.keep, due)

    def keep(self, due: list[Due]) -> None:
        """Take these checkpoints; a failure is logged, never fatal."""
        own = self._context.another()
        try:
            keep_checkpoints(own, due)
        except Exception:
            logger.exception("checkpoints: a defect")
        finally:
            own.close()

    def finish(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown(wait=True)
