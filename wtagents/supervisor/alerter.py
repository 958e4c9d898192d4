"""Tell a person beside the ticks: what is new is noted within one, a channel may take seconds."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.operations.telling.alerts import is_anything_untold, note_what_is_new, take_due
from wtagents.operations.telling.notify import channels, deliver

if TYPE_CHECKING:
    from wtagents.core.tending.alert import Notification
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)


class Alerter:
    """One thread with a context of its own; what comes up while it tells waits its turn."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="alerter")
        self._work: Future[None] | None = None
        self.busy = False
        """Whether something is still to be told, by a channel that is there."""

    def wake(self, snapshot: Snapshot) -> None:
        """Note what is new and begin to tell what is due; a failure is logged, never fatal."""
        try:
            note_what_is_new(self._context, snapshot)
            self._tell(at_once=False)
            self.busy = self._is_under_way or self._waits()
        except WtaError as error:
            logger.warning("alerts: %s (%s)", error.message, error.cause)
        except Exception:
            logger.exception("alerts: a defect")

    @property
    def _is_under_way(self) -> bool:
        return self._work is not None and not self._work.done()

    def _waits(self) -> bool:
        untold = is_anything_untold(self._context)
        return untold and any(each.use for each in channels(self._context))

    def _tell(self, *, at_once: bool) -> None:
        told = None if self._is_under_way else take_due(self._context, at_once=at_once)
        if told is not None:
            self._work = self._thread.submit(self.tell, told)

    def tell(self, told: Notification) -> None:
        """Tell by every channel; a failure is logged, never fatal."""
        own = self._context.another()
        try:
            for each in deliver(own, told):
                if each.fault:
                    logger.warning("alerts: %s: %s", each.channel, each.fault)
        except Exception:
            logger.exception("alerts: a defect")
        finally:
            own.close()

    def finish(self) -> None:
        """Tell what would have waited for the end of a batch."""
        if self._work is not None:
            self._work.result()
        try:
            self._tell(at_once=True)
        except WtaError as error:
            logger.warning("alerts: %s (%s)", error.message, error.cause)
        self.settle()

    def settle(self) -> None:
        """Wait until what is under way is told; each channel has its deadline."""
        self._thread.shutdown(wait=True)
