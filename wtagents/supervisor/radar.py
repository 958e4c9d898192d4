"""Look for clashes beside the ticks: a look may take seconds, a tick may not."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.watching.radar import is_watched
from wtagents.operations.radar.watch import watch

if TYPE_CHECKING:
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)

_SHARE = 10
"""A look that takes long is followed by a pause so many times as long."""


class Radar:
    """One thread with a context of its own; killed anywhere, the next look begins again."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="radar")
        self._work: Future[None] | None = None
        # Worktrees that were made a moment ago hold nothing yet.
        self._next_at = context.clock.monotonic() + context.settings.radar.interval

    def wake(self, snapshot: Snapshot) -> None:
        """Begin a look when it is time for one, and none is under way."""
        settings = self._context.settings.radar
        under_way = self._work is not None and not self._work.done()
        if not settings.enabled or under_way or self._context.clock.monotonic() < self._next_at:
            return
        if any(is_watched(view.task) for view in snapshot.views):
            self._work = self._thread.submit(self.look)

    def look(self) -> None:
        """Look once; a failure is logged, never fatal."""
        clock, begun = self._context.clock, self._context.clock.monotonic()
        own = self._context.another()
        try:
            watch(own)
        except (WtaError, OSError) as error:
            logger.warning("radar: %s", error)
        except Exception:
            logger.exception("radar: a defect")
        finally:
            own.close()
            now = clock.monotonic()
            pause = self._context.settings.radar.interval
            self._next_at = max(begun + pause, now + _SHARE * (now - begun))

    def finish(self) -> None:
        """Wait for the look under way."""
        self._thread.shutdown(wait=True)
