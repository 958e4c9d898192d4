"""Waiting for the world with a deadline, instead of sleeping and hoping."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds; well below the time limit of a test, far above what a loaded machine needs."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.05
"""Seconds between two looks; each pause is half as long again as the last one."""


def wait_until(
    condition: Callable[[], T],
    *,
    what: str | Callable[[], object] = "the condition",
    timeout: float = PATIENCE,
) -> T:
    """Return the first true answer of `condition`.

    Raises AssertionError at the deadline, naming `what` and the last answer; a callable
    `what` tells instead what is the case now.
    """
    deadline = time.monotonic() + timeout
    never, pause = Event(), FIRST_PAUSE
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            seen = what() if callable(what) else f"{what} (last answer: {answer!r})"
            raise AssertionError(f"not within {timeout:g} s: {seen}")
        never.wait(pause)
        pause = min(1.5 * pause, LONGEST_PAUSE)
