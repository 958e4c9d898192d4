"""`wta` as a person types it: a real process in a real repository, with the built-in agent."""

from __future__ import annotations

import json
import os
import pty
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.environment import MARK
from tests.support.processes import start_on
from tests.support.warm import WTA, run_warm
from wtagents.system.clock import SystemClock
from wtagents.system.process import stop_marked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox

SETTINGS = """\
[agent]
kind = "scripted"
[merge]
resolver = "none"
[limits]
disk_floor = "1MB"
stop_seconds = 2
retries = 0
[sandbox]
mode = "none"
"""


class Said(NamedTuple):
    """What a `wta` said and how it ended."""

    status: int
    out: str
    err: str


def _read(terminal: int) -> bytes:
    """Return what was shown next; nothing when the last program has left the terminal."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A person's shell in a repository."""

    folder: Path
    sandbox: Sandbox

    def wta(self, *arguments: str, stdin: str | bytes = b"") -> Said:
        """Type a command and wait for its end."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = run_warm(arguments, cwd=self.folder, stdin=given)
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def type(self, *arguments: str, keys: str) -> Said:
        """Give a command on a terminal, with keys that are waiting to be read; `out` is all."""
        ours, program = pty.openpty()
        os.write(ours, keys.encode())
        try:
            process = start_on([*WTA, *arguments], terminal=program, cwd=self.folder)
        finally:
            os.close(program)
        screen = b"".join(iter(partial(_read, ours), b""))
        os.close(ours)
        return Said(process.wait(timeout=30), screen.decode().replace("\r\n", "\n"), "")

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
