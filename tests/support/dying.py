"""A process that is killed at a chosen moment, at the price of a fork.

A loaded interpreter forks one process for each call. Its moments are the effects it has: before
and after each statement of SQL, each change of a file, each program that is started. So every state
that a kill can leave on the disk can be met, and the same number meets the same moment again.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one call ended."""

    killed: bool
    moments: int
    """How many there were until then."""
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
        with_children: bool = False,
    ) -> Ended:
        """Call `function(argument)`; at moment `at` it is killed, alone or with its children.

        Moments are counted from 1 on, and not at all without `at`, which is twice as fast.
        """
        name = f"{function.__module__}:{function.__qualname__}"
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(json.dumps([name, argument, at, with_children]), file=self._program.stdin, flush=True)
        return Ended(**json.loads(self._program.stdout.readline()))


def main() -> None:
    """Fork a process for every line of stdin, and say on stdout how it ended."""
    for line in sys.stdin:
        name, argument, at, with_children = json.loads(line)
        module, _, attribute = name.partition(":")
        function = getattr(importlib.import_module(module), attribute)
        answer, say = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(answer)
            os.setsid()
            _live(function, argument, _Death(at, with_children=with_children), say)
        os.close(say)
        with os.fdopen(answer) as said:
            last = json.loads(said.read() or f'{{"moments": {at}, "answer": null, "fault": ""}}')
        _, status = os.waitpid(pid, 0)
        ended = {"killed": os.WIFSIGNALED(status), **last}
        sys.stdout.write(f"{json.dumps(ended)}\n")
        sys.stdout.flush()


class _Death:
    def __init__(self, at: int | None, *, with_children: bool) -> None:
        self.moments = 0
        self.at = at
        self._with_children = with_children

    def __call__(self, _frame: FrameType, event: str, what: Any) -> None:
        if event[:2] != "c_" or what.__name__ not in EFFECTS:
            return
        self.moments += 1
        if self.moments == self.at:
            os.kill(0 if self._with_children else os.getpid(), signal.SIGKILL)


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
    last = {"moments": death.moments, "answer": answer, "fault": fault}
    os.write(say, json.dumps(last).encode())
    os._exit(0)


def _close_streams() -> None:
    """Keep what is said away from where the answers go."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


if __name__ == "__main__":
    main()
