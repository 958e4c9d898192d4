"""How still an agent is: silence, and whether what it started is at work meanwhile.

Ages of files cannot tell: a machine that slept makes every agent look silent for a night. A runner
counts on a clock that stands while the machine sleeps, and looks at the processes of its agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.run import Stillness
from wtagents.core.tending.liveness import STILL_SECONDS
from wtagents.system.process import descendants, work_of

if TYPE_CHECKING:
    from wtagents.core.run import ProcessIdentity
    from wtagents.system.clock import Clock
    from wtagents.system.process import Work

LOOK_SECONDS = 10.0
"""Time between two looks at a silent agent, where a look is cheap."""
_LONGEST_PAUSE = 30.0
_SHARE = 1 / 3000
"""Of its time that a runner looks: a look costs more where more processes run."""
_BUSY_SECONDS = 0.05
"""Processor time within one look from which a process is at work."""
_BUSY_BYTES = 4096
"""Bytes read and written within one look from which it is at work, too: a download, a log."""


class StillnessWatch:
    """Looks at one agent; costs nothing while it speaks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spoke_at = clock.monotonic()
        self._busy_at = self._spoke_at
        self._next_look = self._spoke_at + STILL_SECONDS
        self._before: dict[ProcessIdentity, Work] = {}
        self._process = ""

    def note_output(self) -> None:
        """The agent wrote something."""
        self._spoke_at = self._clock.monotonic()
        self._next_look = self._spoke_at + STILL_SECONDS
        self._before = {}
        self._process = ""

    @property
    def is_due(self) -> bool:
        """Whether it is time to say again how still the agent is."""
        return self._clock.monotonic() >= self._next_look

    def look(self, agent: ProcessIdentity | None) -> Stillness | None:
        """Return how still the agent is; None when it is not time to say so again."""
        if not self.is_due:
            return None
        now = self._clock.monotonic()
        self._compare(agent, now)
        price = self._clock.monotonic() - now
        self._next_look = now + min(max(LOOK_SECONDS, price / _SHARE), _LONGEST_PAUSE)
        since = max(self._spoke_at, self._busy_at)
        return Stillness(
            seconds=now - self._spoke_at, idle_seconds=now - since, process=self._process
        )

    def _compare(self, agent: ProcessIdentity | None, now: float) -> None:
        """Whoever was there at the last look and has worked since is at work."""
        seen = work_of([one for one in descendants() if one != agent])
        busiest = 0.0
        for identity, work in seen.items():
            before = self._before.get(identity)
            if before is None:
                continue
            seconds, moved = work.seconds - before.seconds, work.moved - before.moved
            if seconds >= _BUSY_SECONDS or moved >= _BUSY_BYTES:
                self._busy_at = now
                if seconds >= busiest:
                    busiest, self._process = seconds, f"{work.name} (pid {identity.pid})"
        if not self._process and seen:
            identity, work = max(seen.items(), key=lambda each: each[1].seconds)
            self._process = f"{work.name} (pid {identity.pid})"
        self._before = seen
