"""Named gates: where an answer waits for the test, so that tests order events without sleeping."""

from __future__ import annotations

import threading


class Gates:
    """Gates by name, closed at first. Opening is final, for all who come later too."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._held: dict[str, int] = {}
        self._open: set[str] = set()
        self._is_closing = False

    def pass_through(self, name: str) -> None:
        """Called by the server: counts the arrival, then waits until the gate opens."""
        with self._condition:
            self._held[name] = self._held.get(name, 0) + 1
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._is_closing or name in self._open)

    def wait_held(self, name: str, *, count: int = 1, timeout: float = 30.0) -> None:
        """Waits until `count` requests have arrived at the gate; raises TimeoutError."""
        with self._condition:
            if not self._condition.wait_for(lambda: self._held.get(name, 0) >= count, timeout):
                held = self._held.get(name, 0)
                raise TimeoutError(f"gate {name!r}: {held} of {count} requests after {timeout} s")

    def open(self, name: str) -> None:
        with self._condition:
            self._open.add(name)
            self._condition.notify_all()

    def open_all(self) -> None:
        """Lets everybody go, now and later: the server is closing."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()
