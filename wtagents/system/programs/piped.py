"""Programs that are spoken with through pipes from an event loop, for as long as both want to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class PipedProgram:
    """A started program; whoever started it calls `end`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def said(self) -> asyncio.StreamReader:
        """What it writes."""
        assert self._process.stdout is not None  # noqa: S101 - it was started with pipes
        return self._process.stdout

    async def tell(self, data: bytes) -> None:
        """Write to its stdin, as fast as it reads; one that has ended is told nothing."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing():
            with contextlib.suppress(OSError):
                pipe.write(data)
                await pipe.drain()

    async def end(self, *, seconds: float) -> int:
        """Close its stdin, which asks it to end; kill its group if it does not. Returns its status.

        What it still says must be read meanwhile.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            return await self._process.wait()


async def start_piped(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> PipedProgram:
    """Start a program in a session of its own; what it complains about is appended to `log`.

    A signal of our terminal does not reach it: it ends when its stdin does. Raises OSError.
    """
    complaints = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=cwd,
            env=dict(env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )
    finally:
        os.close(complaints)
    return PipedProgram(process)
