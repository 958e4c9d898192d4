"""Listening to a program that nobody trusts to stop: to its end, its deadline, or enough of it."""

from __future__ import annotations

import os
import selectors
import time
from enum import Enum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    import subprocess

_CHUNK = 65536
_LOOK_SECONDS = 0.2
"""How often a silent program is looked at."""


class Ending(Enum):
    """Why nobody listens any more."""

    CLOSED = "closed"
    """It closed what it writes to, or ended: what it left behind is not listened to."""
    LATE = "late"
    FLOODED = "flooded"


@record
class Heard:
    """What a program said."""

    stdout: bytes
    stderr: bytes
    ending: Ending


def listen(process: subprocess.Popen[bytes], stdin: bytes, *, seconds: float, limit: int) -> Heard:
    """Write what it takes of `stdin` and read what it says, up to `limit` bytes in all."""
    end = time.monotonic() + seconds
    said = {process.stdout: bytearray(), process.stderr: bytearray()}
    unwritten = memoryview(stdin)
    ending = Ending.CLOSED
    with selectors.DefaultSelector() as pipes:
        for pipe in said:
            assert pipe is not None  # noqa: S101 - whoever listens has made pipes
            pipes.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            pipes.register(process.stdin, selectors.EVENT_WRITE)
        while pipes.get_map() and ending is Ending.CLOSED:
            ready = pipes.select(min(_LOOK_SECONDS, end - time.monotonic()))
            if not ready and process.poll() is not None:
                break
            for key, _ in ready:
                if key.fileobj is process.stdin:
                    unwritten = _write(key.fd, unwritten)
                    done = not unwritten
                else:
                    heard = os.read(key.fd, _CHUNK)
                    said[key.fileobj] += heard  # type: ignore[index]
                    done = not heard
                if done:
                    pipes.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            if sum(map(len, said.values())) > limit:
                ending = Ending.FLOODED
            elif time.monotonic() >= end:
                ending = Ending.LATE
    return Heard(
        stdout=bytes(said[process.stdout]), stderr=bytes(said[process.stderr]), ending=ending
    )


def _write(pipe: int, unwritten: memoryview) -> memoryview:
    """Write what the pipe takes; a program that closed it gets no more."""
    try:
        return unwritten[os.write(pipe, unwritten[:_CHUNK]) :]
    except BlockingIOError:
        return unwritten
    except OSError:
        return unwritten[:0]
