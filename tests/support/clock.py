"""Time and ids that a test decides."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ManualClock:
    """A Clock that stands still until it is moved; waiting moves it at once."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        """Aware wall time."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self._monotonic

    def wait(self, event: Event, seconds: float) -> bool:
        """Let the time pass unless the event is set already."""
        if not event.is_set():
            self.advance(seconds)
        return event.is_set()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError(f"time does not run backwards: {seconds}; see set_wall_back")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall_back(self, seconds: float) -> None:
        """Turn the wall time back, as a machine does that corrects its clock."""
        self._now -= timedelta(seconds=seconds)


class CountingIds:
    """An IdSource that counts: 00000000-0000-4000-8000-000000000001, and so on."""

    def __init__(self) -> None:
        self._count = 0

    def uuid(self) -> str:
        """Return the next id."""
        self._count += 1
        return str(uuid.UUID(f"00000000-0000-4000-8000-{self._count:012d}"))


class StandingClock:
    """A Clock on which it is always the same time, though waiting takes as long as it takes."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        """Aware wall time, until a test says another."""
        return self.at

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for the event."""
        return event.wait(seconds)
