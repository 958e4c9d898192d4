"""The only place that asks for the time, waits, or makes an id."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from threading import Event


class Clock(Protocol):
    """Time as an argument."""

    def now(self) -> datetime:
        """Aware wall time, for records."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for durations; they stand while the machine sleeps.

        Every process of one start of the machine counts the same.
        """
        ...

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long; return whether it is set."""
        ...


class IdSource(Protocol):
    """Ids as an argument."""

    def uuid(self) -> str:
        """Return a new random UUID in lower case."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds awake since the machine started."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long."""
        return event.wait(seconds)


class RandomIds:
    """Random UUIDs."""

    def uuid(self) -> str:
        """Return a new version-4 UUID."""
        from uuid import uuid4

        return str(uuid4())
