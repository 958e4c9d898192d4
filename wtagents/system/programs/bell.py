"""Waiting in a program of one thread: until a signal, a ready pipe, or the end of a pause."""

from __future__ import annotations

import os
import select
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType


class Bell:
    """Rings at once when a child ends, or somebody asks this process to stop or to look (SIGHUP).

    Made once, in the main thread. A closed terminal sends SIGHUP, too, and is passed over. Handlers
    are functions rather than SIG_IGN: what is ignored, every program started from here ignores.
    """

    def __init__(self) -> None:
        self.stops = 0
        """How often this process was asked to stop."""
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for number in (signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, _pass)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def wait(
        self, seconds: float, *, readable: Collection[int] = (), writable: int | None = None
    ) -> None:
        """Return at a signal, when a descriptor is ready, or after `seconds`."""
        pipes = [] if writable is None else [writable]
        ready, _, _ = select.select([self._woken, *readable], pipes, [], max(0.0, seconds))
        if self._woken in ready:
            os.read(self._woken, 4096)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1


def _pass(_number: int, _frame: FrameType | None) -> None:
    """Ring only: the wake-up descriptor has been written to already."""
