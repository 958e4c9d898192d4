"""The runner's own life: its heartbeat, its pulse, its pauses and what its programs say meanwhile.

The same in every phase.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.record import replace
from wtagents.core.run import KEPT_SECONDS, Phase, Pulse, Usage
from wtagents.core.tending.liveness import HEARTBEAT_SECONDS
from wtagents.system.programs.intake import Intake
from wtagents.system.run_folder import beat, is_claimed, is_told_to_stop, keep_pulse, write_pulse

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wtagents.system.clock import Clock
    from wtagents.system.paths import RunFolder
    from wtagents.system.programs.bell import Bell
    from wtagents.system.programs.lines import Lines

PULSE_SECONDS = 0.5
"""Shortest time between two writings of the pulse."""
_LOST_LOOKS = 2
"""How many heartbeats in a row the claim must be missing."""
_FIRMLY = 2
"""As many requests to stop as mean: at once."""


class Watch:
    """Keeps the heartbeat going while the runner waits.

    A disk that takes no more never stops it: what could not be written is tried at the next beat.
    A run folder that was deleted does: nobody can steer or find this runner any more.
    """

    def __init__(self, folder: RunFolder, clock: Clock, bell: Bell) -> None:
        self.folder = folder
        self.clock = clock
        self.bell = bell
        self._intakes: list[Intake] = []
        self._pulse: Pulse | None = None
        self._missed_looks = 0
        self._is_told = False
        self._next_beat = clock.monotonic()
        self._next_pulse = clock.monotonic()
        self._kept: Pulse | None = None
        self._next_kept = clock.monotonic()
        self._keep_up()

    @property
    def stops(self) -> int:
        """How often somebody asked to stop; the deletion of the run folder is asking firmly.

        What the folder says is what a signal says, too: it is there when the signal was lost.
        """
        is_lost = self._missed_looks >= _LOST_LOOKS
        return _FIRMLY if is_lost else max(self.bell.stops, self._is_told)

    @property
    def is_firm(self) -> bool:
        """Whether somebody asked more than once."""
        return self.stops >= _FIRMLY

    def pause(self, seconds: float, *, writable: int | None = None, deaf: bool = False) -> None:
        """Wait for a signal, a word, the descriptor or the time; write down what was said.

        At most until the next beat is due. A `deaf` pause is not ended by words, so that many of
        them are taken at once.
        """
        due = self._next_beat if self._pulse is None else min(self._next_beat, self._next_pulse)
        heard = [] if deaf else [i.readable for i in self._intakes if i.readable is not None]
        left = min(due - self.clock.monotonic(), seconds)
        self.bell.wait(left, readable=heard, writable=writable)
        for intake in self._intakes:
            intake.pour()
        self._keep_up()

    def hear(self, path: Path, *, lines: Lines | None = None) -> AbstractContextManager[int]:
        """Write what a program says into a file from now on; it is started with what this gives.

        `lines` gets it as it was said: an approved command must run as it was asked for. Raises
        SystemFault when the file cannot be made.
        """
        intake = Intake(path, lines=lines)
        self._intakes.append(intake)
        return intake.entry()

    def hear_out(self) -> None:
        """Write down all that was said so far: whoever said it has ended."""
        for intake in self._intakes:
            intake.settle()

    def show(self, pulse: Pulse) -> None:
        """Make the pulse known, now or when the last one is old enough."""
        self._pulse = pulse
        self._keep_up()

    def settle(self) -> None:
        """Write the last pulse now: what was seen at the end must outlive this process."""
        self._next_pulse = self.clock.monotonic()
        self._keep_up()

    def show_phase(self, phase: Phase, doing: str) -> None:
        """Make known what the runner itself does."""
        self.show(
            Pulse(
                phase=phase,
                doing=doing,
                question=None,
                usage=Usage(),
                session_id="",
                at=self.clock.now(),
            )
        )

    def _keep_up(self) -> None:
        now = self.clock.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + HEARTBEAT_SECONDS
            with contextlib.suppress(OSError):
                beat(self.folder)
            self._is_told = is_told_to_stop(self.folder)
            there = is_claimed(self.folder)
            self._missed_looks = 0 if there else self._missed_looks + 1
        if self._pulse is not None and now >= self._next_pulse:
            self._next_pulse = now + PULSE_SECONDS
            with contextlib.suppress(SystemFault):
                write_pulse(self.folder, self._pulse)
                self._keep(self._pulse, now)
                self._pulse = None

    def _keep(self, pulse: Pulse, now: float) -> None:
        """Add it to those there were, now and then only while nothing but the silence grows."""
        before, self._kept = self._kept, pulse
        same = before is not None and replace(pulse, at=before.at, still=before.still) == before
        if not same or now >= self._next_kept:
            self._next_kept = now + KEPT_SECONDS
            keep_pulse(self.folder, pulse, self.clock.now())
