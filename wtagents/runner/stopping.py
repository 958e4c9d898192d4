"""Stopping: politely, then firmly, and in the end proved.

at once                 the agent is told to interrupt its turn and its stdin is closed;
one that takes no messages gets TERM
half of the patience    TERM to the agent's process group
all of it, or a second request to stop    KILL to every process of the run
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.system.process import (
    RUN_MARK,
    SESSION_MARK,
    descendants,
    marked_processes,
    signal_processes,
    stop_found,
)

if TYPE_CHECKING:
    from wtagents.core.order import Order
    from wtagents.core.run import ProcessIdentity
    from wtagents.runner.watch import Watch
    from wtagents.system.programs.child import Child

FIRM_SECONDS = 10.0
"""How long a process may survive KILL before it is given up (it hangs in the kernel)."""
LOOK_SECONDS = 0.05
LAST_BREATH_SECONDS = 0.5
"""How long what an agent left behind may take to end by itself."""


class Stopping:
    """The ladder for an agent that still runs."""

    def __init__(self, watch: Watch, order: Order, child: Child) -> None:
        self.failed = False
        """Whether the agent survives KILL."""
        self._watch = watch
        self._order = order
        self._child = child
        self._begun = 0.0
        self._asked = False
        self._killed_at: float | None = None

    def begin(self, interrupt: bytes) -> None:
        """Ask politely: by the interrupt where there is one, else by TERM."""
        self._begun = self._watch.clock.monotonic()
        if self._child.listens:
            self._child.write(interrupt)
            self._child.end_stdin()
        else:
            self._ask()
        self.go_on()

    def go_on(self) -> None:
        """Become firmer when it is time."""
        now = self._watch.clock.monotonic()
        patience = self._order.stop_seconds
        if self._watch.is_firm or now >= self._begun + patience:
            self._kill(now)
        elif not self._asked and now >= self._begun + patience / 2:
            self._ask()

    def _ask(self) -> None:
        self._asked = True
        walls = self._order.confinement
        has_doorman = walls is not None and walls.has_doorman
        self._child.signal_group(signal.SIGTERM, spare_itself=has_doorman)

    def _kill(self, now: float) -> None:
        if self._killed_at is None:
            self._killed_at = now
        self._child.signal_group(signal.SIGKILL)
        signal_processes(find_processes(self._order), signal.SIGKILL)
        self.failed = now >= self._killed_at + FIRM_SECONDS


def find_processes(order: Order) -> list[ProcessIdentity]:
    """Return every process of the run but this one.

    By the mark in the environment, by Claude Code's own mark, and by descent for those that cleaned
    their environment.
    """
    marks = ((RUN_MARK, order.run_id), (SESSION_MARK, order.session_id))
    return list({*marked_processes(*marks), *descendants()})


def clear_processes(watch: Watch, order: Order) -> tuple[int, str]:
    """Stop what outlived the agent; return how many were stopped, and which could not be."""

    def find() -> list[ProcessIdentity]:
        return find_processes(order)

    def pause(seconds: float) -> bool:
        watch.pause(seconds)
        return watch.is_firm

    end = watch.clock.monotonic() + LAST_BREATH_SECONDS
    while not watch.is_firm and watch.clock.monotonic() < end and find():
        watch.pause(LOOK_SECONDS)
    try:
        stopped = stop_found(
            find,
            clock=watch.clock,
            polite_seconds=0.0 if watch.is_firm else order.stop_seconds,
            firm_seconds=FIRM_SECONDS,
            pause=pause,
        )
    except SystemFault as fault:
        return len(find()), fault.message
    except OSError as error:
        return 0, f"what it left running could not be looked for: {error.strerror}"
    return stopped, ""
