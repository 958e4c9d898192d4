"""A process that is killed at a chosen moment, at the price of a fork.

A loaded interpreter forks one process for each call. Its moments are the effects it has: before
and after each statement of SQL, each change of a file, each program that is started. So every state
that a kill can leave on the disk can be met, and the same number meets the same moment again.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import TYPE_CHECKING, Any, Self

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

EFFECTS = frozenset(
    {
        "execute", "executescript", "commit", "rollback", "rename", "replace", "unlink", "remove",
        "rmdir", "mkdir", "link", "symlink", "write", "fsync", "ftruncate", "truncate", "fork_exec",
        "kill", "utime", "chmod", "fchmod", "flock", "sendfile", "copy_file_range",
    }
)  # fmt: skip
"""Names of functions in C that change something, or are next to what does."""
KILLED = {"struck": True, "moments": 0, "starts": 0, "answer": None, "fault": ""}
"""What is known of a call whose process was killed."""


class Victim(StrEnum):
    """Who is killed."""

    CALLER = "caller"
    GIT = "git"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one call ended."""

    struck: bool
    """Whether it came as far as the moment at which somebody was to be killed."""
    moments: int
    """How many there were; 0 for who was killed."""
    starts: int
    """How many programs were started; 0 for who was killed."""
    answer: Any
    """What it returned; None for who was killed."""
    fault: str
    """What it raised, as `Kind: message`, or ''."""


class Mortal:
    """Calls functions, each in a process of its own; used as a context manager."""

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.support.dying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._program.communicate()

    def call(
        self,
        function: Callable[[str], Any],
        argument: str,
        *,
        at: int | None = None,
        victim: Victim = Victim.CALLER,
        seconds: float = 0.0,
    ) -> Ended:
        """Call `function(argument)`, and so long after moment `at` kill whom it says.

        Where git is to die, a moment is the start of a program. Moments are counted from 1 on, and
        not at all without `at`, which is twice as fast.
        """
        name = f"{function.__module__}:{function.__qualname__}"
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        asked = json.dumps([name, argument, at, victim, seconds])
        print(asked, file=self._program.stdin, flush=True)
        return Ended(**json.loads(self._program.stdout.readline()))


def main() -> None:
    """Fork a process for every line of stdin, and say on stdout how it ended."""
    for line in sys.stdin:
        name, argument, at, victim, seconds = json.loads(line)
        module, _, attribute = name.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        answer, say = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(answer)
            _live(function, argument, _Death(at, Victim(victim), seconds), say)
        os.close(say)
        with os.fdopen(answer) as said:
            last = said.read() or json.dumps(KILLED)
        os.waitpid(pid, 0)
        sys.stdout.write(f"{last}\n")
        sys.stdout.flush()


class _Death:
    """Counts the moments of a life, and ends it or one that it depends on."""

    def __init__(self, at: int | None, victim: Victim, seconds: float) -> None:
        self.moments = self.starts = 0
        self.struck = False
        self.at = at
        self._victim = victim
        self._seconds = seconds

    def __call__(self, _frame: FrameType, event: str, what: Any) -> None:
        if self.struck or event[:2] != "c_" or what.__name__ not in EFFECTS:
            return
        is_start = event == "c_return" and what.__name__ == "fork_exec"
        self.moments += 1
        self.starts += is_start
        if self._victim is Victim.CALLER:
            is_due = self.moments == self.at
        else:
            is_due = is_start and self.starts == self.at
        if is_due:
            self.struck = True
            self._strike()

    def _strike(self) -> None:
        Event().wait(self._seconds)
        if self._victim is not Victim.CALLER:
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if process.name().startswith("git"):
                        process.kill()
        if self._victim is not Victim.GIT:
            os.kill(os.getpid(), signal.SIGKILL)


def _live(function: Callable[[str], Any], argument: str, death: _Death, say: int) -> None:
    _close_streams()
    answer, fault = None, ""
    if death.at is not None:
        sys.setprofile(death)
    try:
        answer = function(argument)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        fault = f"{type(error).__name__}: {error}"
    sys.setprofile(None)
    last = {"struck": death.struck, "moments": death.moments, "starts": death.starts}
    os.write(say, json.dumps(last | {"answer": answer, "fault": fault}).encode())
    os._exit(0)


def _close_streams() -> None:
    """Keep what is said away from where the answers go."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


if __name__ == "__main__":
    main()
