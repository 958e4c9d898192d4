"""Whoever reads what this program writes: notice that they have left."""

from __future__ import annotations

import select
from threading import Event, Thread


def departure(descriptor: int) -> Event:
    """Return an event that is set when nobody reads the other end any more.

    A pipe says so by itself, without a line being written; a file never does.
    """
    gone = Event()
    Thread(target=_await_departure, args=(descriptor, gone), daemon=True).start()
    return gone


def _await_departure(descriptor: int, gone: Event) -> None:
    watch = select.poll()
    watch.register(descriptor, 0)
    if any(seen & (select.POLLERR | select.POLLHUP) for _, seen in watch.poll()):
        gone.set()
