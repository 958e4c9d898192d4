"""Land waiting merge requests beside the ticks: a gate may take minutes, a tick may not."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.operations.landing.land import land_waiting

if TYPE_CHECKING:
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)


class Merger:
    """One thread with a context of its own; SQLite connections never cross threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="merger")
        self._work: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a landing is under way."""
        return self._work is not None and not self._work.done()

    def wake(self, snapshot: Snapshot) -> None:
        """Begin to land when something waits and nothing is under way."""
        waiting = any(snapshot.can_land(view) for view in snapshot.views)
        if waiting and not self.busy and not snapshot.around.pauses.frozen:
            self._work = self._thread.submit(self.land_waiting)

    def land_waiting(self) -> None:
        """Land what waits, one request after the other; a failure is logged, never fatal."""
        own = self._context.another()
        try:
            land_waiting(own)
        except WtaError as error:
            logger.exception("landing: %s (%s)", error.message, error.cause)
        except Exception:
            logger.exception("landing: a defect")
        finally:
            own.close()

    def finish(self) -> None:
        """Wait for the landing under way."""
        self._thread.shutdown(wait=True)
