"""`wta` as a person types it: a real process in a real repository, with the built-in agent."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.environment import MARK
from tests.support.processes import run_to_end
from wtagents.system.clock import SystemClock
from wtagents.system.process import stop_marked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

WTA = (sys.executable, "-m", "wtagents")
SETTINGS = """\
[agent]
kind = "scripted"
[merge]
resolver = "none"
[limits]
disk_floor = "1MB"
stop_seconds = 2
retries = 0
"""


class Said(NamedTuple):
    """What a `wta` said and how it ended."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A person's shell in a repository."""

    folder: Path
    sandbox: Sandbox

    def wta(self, *arguments: str, stdin: str | bytes = b"") -> Said:
        """Type a command and wait for its end."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = run_to_end([*WTA, *arguments], cwd=self.folder, stdin=given)
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def data(self, *arguments: str) -> Any:
        """Return the data of a command that must be answered with 0."""
        said = self.wta(*arguments, "--json")
        assert said.status == 0, said
        return json.loads(said.out)["data"]

    def close(self) -> None:
        """End every process that was left: agents, runners and the supervisor."""
        stop_marked(
            MARK, self.sandbox.mark, clock=SystemClock(), polite_seconds=3.0, firm_seconds=5.0
        )
