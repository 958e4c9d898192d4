"""Real processes: start them apart from the test, and prove that none is left."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from tests.support.environment import MARK
from tests.support.waiting import wait_until
from wtagents.system.process import marked_processes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MERGER = "$(set -- $(cat /proc/$PPID/stat); echo $4)"
"""Within a gate, in shell: the pid of the process that lands. Between them is the gate's reaper."""
LAST_BREATH = 15.0
"""Seconds that a process gets to end by itself after its test: only who fails waits for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A process of a test that still runs."""

    pid: int
    argv: tuple[str, ...]


def start_apart(argv: Sequence[str], *, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with pipes, as a terminal of its own would."""
    return subprocess.Popen(
        list(argv),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def start_on(
    argv: Sequence[str], *, terminal: int, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start a program whose stdin, stdout and stderr are a terminal."""
    return subprocess.Popen(
        list(argv),
        cwd=cwd,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )


def run_to_end(
    argv: Sequence[str], *, cwd: Path | None = None, stdin: bytes = b"", seconds: float = 30
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end and return what it said; the caller judges its exit status."""
    return subprocess.run(
        list(argv), cwd=cwd, input=stdin, capture_output=True, timeout=seconds, check=False
    )


def running(*argv: str) -> list[int]:
    """Return the living processes of exactly this command line."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["cmdline"] == list(argv) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def survivors(mark: str) -> list[Survivor]:
    """Return the living processes whose environment carries the mark of a test.

    The process that asks is not among them: it was started before it was marked.
    """
    found = []
    for identity in marked_processes((MARK, mark)):
        try:
            process = psutil.Process(identity.pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(Survivor(pid=process.pid, argv=tuple(process.cmdline())))
        except psutil.Error:
            continue
    return found


def kill_hard(pid: int) -> None:
    """Send SIGKILL; a process that is gone already is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def end_supervisors(mark: str) -> None:
    """Kill the supervisors that commands of a test started; they would stay for a while."""
    for survivor in survivors(mark):
        if "supervise" in survivor.argv:
            kill_hard(survivor.pid)


def require_no_survivors(mark: str, *, seconds: float = LAST_BREATH) -> None:
    """Kill what a test left running and raise AssertionError naming it."""
    left = survivors(mark)
    if not left:
        return
    try:
        wait_until(lambda: not survivors(mark), timeout=seconds)
    except AssertionError:
        left = survivors(mark)
    else:
        return
    for survivor in left:
        kill_hard(survivor.pid)
    listed = "\n".join(f"  {each.pid}: {' '.join(each.argv)}" for each in left)
    raise AssertionError(f"the test left processes running; stop them before it ends:\n{listed}")
