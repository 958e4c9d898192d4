"""Killing at random: supervisors, runners, agents and commands, while tasks are at work."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.processes import kill_hard, survivors
from tests.support.wta import start_wta

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.wta import Program

VICTIMS = (
    "wtagents.runner", "wtagents.agent.scripted", "supervise", "spawn",
    "pause", "resume", "freeze", "thaw",
)  # fmt: skip
"""Words on the command lines of what is killed, each kind as often as the others."""
LONGEST_LOOK = 0.05
"""Seconds."""


@dataclass
class Killer:
    """Kills processes of one test in a thread of its own until it is told to stop."""

    repository: Path
    mark: str
    seed: int
    longest_pause: float = 0.3
    killed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a seed that can be repeated
        self._stop, self._struck = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._supervisor: Program | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Leave the others in peace."""
        self._stop.set()
        self._thread.join()
        if self._supervisor is not None:
            self._supervisor.kill()
            self._supervisor.wait()

    def await_kill(self) -> None:
        """Wait until somebody is killed, but not for long: who watches must go on."""
        self._struck.wait(LONGEST_LOOK)
        self._struck.clear()

    def _go_on(self) -> None:
        while not self._stop.wait(self._random.uniform(0.0, self.longest_pause)):
            self._keep_supervised()
            kind = self._random.choice(VICTIMS)
            found = sorted(each.pid for each in survivors(self.mark) if kind in each.argv)
            if found:
                kill_hard(self._random.choice(found))
                self.killed.append(kind)
                self._struck.set()

    def _keep_supervised(self) -> None:
        """Start a supervisor where the last one was killed, as the next command would."""
        if self._supervisor is None or self._supervisor.poll() is not None:
            self._supervisor = start_wta(self.repository, "supervise")
