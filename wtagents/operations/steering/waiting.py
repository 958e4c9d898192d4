"""Wait for the world with a deadline."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.system.clock import Clock

Found = TypeVar("Found")

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def wait_for(
    clock: Clock, look: Callable[[], Found | None], *, seconds: float | None
) -> Found | None:
    """Look until there is something, at most so long (None: for ever), with growing pauses."""
    never = Event()
    end = None if seconds is None else clock.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        found = look()
        if found is not None:
            return found
        left = pause if end is None else end - clock.monotonic()
        if left <= 0:
            return None
        clock.wait(never, min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
