"""Processes that do the same thing at the same moment, or die while they do it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.support.processes import kill_hard, start_apart

READY = "print('ready', flush=True); input()\n"
"""The line of a racing program at which it waits for the others."""


def race(program: str, racers: Sequence[Sequence[str]], *, seconds: float = 60) -> list[str]:
    """Start the Python program once per argument list, release all at once; return what each said.

    The program holds `READY` where the race begins; a racer that fails raises AssertionError with
    what it wrote to stderr.
    """
    processes = [start_apart([sys.executable, "-c", program, *each]) for each in racers]
    try:
        for process in processes:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line == b"ready\n", process.communicate()[1].decode()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
        with ThreadPoolExecutor(len(processes)) as pool:
            ends = list(pool.map(lambda each: each.communicate(timeout=seconds), processes))
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
    for process, (_, complaint) in zip(processes, ends, strict=True):
        assert process.returncode == 0, complaint.decode()
    return [said.decode().strip() for said, _ in ends]


class Speaker:
    """A Python program that says a line for each thing it has done, until it is killed."""

    def __init__(self, program: str, arguments: Sequence[str]) -> None:
        self._process = start_apart([sys.executable, "-c", program, *arguments])

    def kill_after(self, count: int, spin: int) -> list[str]:
        """Kill it after so many lines and so many turns of an empty loop; return all it said.

        A line that it could not finish is not among them.
        """
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline() for _ in range(count)]
        for _ in range(spin):
            pass
        kill_hard(self._process.pid)
        with self._process as process:
            assert process.stderr is not None
            # communicate() would pass over what readline() has in its buffer
            rest, complaint = self._process.stdout.read(), process.stderr.read()
        assert process.returncode == -9, complaint.decode()
        return b"".join([*lines, rest]).decode().split("\n")[:-1]
