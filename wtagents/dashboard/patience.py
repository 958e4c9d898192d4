"""The clock of an act that somebody watches: once the view is left, nobody waits on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from wtagents.system.clock import Clock

_LEAP = 1e6
"""Seconds by which time runs on with every look after the view was left."""


class Patience:
    """A clock by which every deadline passes when `left` is set.

    An acknowledgement may take as long as a tool call; the terminal is to be free at once.
    """

    def __init__(self, clock: Clock, left: Event) -> None:
        self._clock = clock
        self._left = left
        self._ahead = 0.0

    def now(self) -> datetime:
        """Aware wall time, for records."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Seconds that never run backwards, and run very fast in the end."""
        if self._left.is_set():
            self._ahead += _LEAP
        return self._clock.monotonic() + self._ahead

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long; not at all once the view is left."""
        return self._clock.wait(event, 0 if self._left.is_set() else seconds)
