"""Killing at random: supervisors, runners, agents and commands, while tasks are at work."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from tests.support.environment import MARK
from tests.support.processes import kill_hard
from tests.support.wta import start_wta

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.wta import Program

VICTIMS = ("wtagents.runner", "wtagents.agent.scripted", "supervise", "spawn")
"""Words on the command lines of what is killed, each kind as often as the others."""


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
        self._stop = threading.Event()
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

    def _go_on(self) -> None:
        while not self._stop.wait(self._random.uniform(0.0, self.longest_pause)):
            self._keep_supervised()
            kind = self._random.choice(VICTIMS)
            found = sorted(process.pid for process in self._found(kind))
            if found:
                kill_hard(self._random.choice(found))
                self.killed.append(kind)

    def _keep_supervised(self) -> None:
        """Start a supervisor where the last one was killed, as the next command would."""
        if self._supervisor is None or self._supervisor.poll() is not None:
            self._supervisor = start_wta(self.repository, "supervise")

    def _found(self, kind: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.environ().get(MARK) == self.mark
                if ours and kind in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found
