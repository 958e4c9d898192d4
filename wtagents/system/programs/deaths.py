"""Waiting until one of many processes ends, without asking each of them in turns."""

from __future__ import annotations

import contextlib
import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.core.run import ProcessIdentity


class DeathWatch:
    """Wakes at once when a watched process ends, or when it is rung.

    The kernel tells it by a descriptor per process (pidfd_open(2), Linux); where there is none, or
    where no descriptor is left, a wait simply lasts its time. Each death is told once. Made for as
    long as the process lives: its pipe must outlast every signal.
    """

    def __init__(self) -> None:
        self._held: dict[ProcessIdentity, int] = {}
        self._told: set[ProcessIdentity] = set()
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waker, False)
        self._poll = select.poll()
        self._poll.register(self._woken, select.POLLIN)

    def watch(self, processes: Collection[ProcessIdentity]) -> None:
        """Watch exactly these from now on; one that has ended already is passed over."""
        for gone in self._held.keys() - set(processes):
            self._forget(gone)
        self._told.intersection_update(processes)
        for each in processes:
            if each not in self._held and each not in self._told:
                with contextlib.suppress(OSError, AttributeError):
                    self._held[each] = descriptor = os.pidfd_open(each.pid)
                    self._poll.register(descriptor, select.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Return whether a death or a ring came within so many seconds."""
        ready = {descriptor for descriptor, _ in self._poll.poll(max(0.0, seconds) * 1000)}
        if self._woken in ready:
            os.read(self._woken, 4096)
        for dead in [each for each, held in self._held.items() if held in ready]:
            self._forget(dead)
            self._told.add(dead)
        return bool(ready)

    def ring(self) -> None:
        """End the wait that is under way, or the next one; may be called by a signal handler."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._waker, b"\0")

    def _forget(self, process: ProcessIdentity) -> None:
        descriptor = self._held.pop(process)
        self._poll.unregister(descriptor)
        os.close(descriptor)
