"""Waiting for a state of the world that no event announces: a file, a process, a row."""

from __future__ import annotations

import time
from collections.abc import Callable

_PAUSE = 0.02


def wait_until(is_met: Callable[[], bool], *, what: str, timeout: float = 30.0) -> None:
    """Asks again until it is true; raises AssertionError naming `what` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not is_met():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(_PAUSE)
