"""Following a file that another process appends lines to, with bounded memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_LINE = 16 << 20
"""Bytes kept of one line; the rest of a longer one is passed over."""
_CHUNK = 256 << 10
_CHUNKS_AT_ONCE = 16


class Tail:
    """Complete lines of a growing file, each once.

    A line without its newline is still being written and stays here; `rest` gives it out when
    nobody will finish it. A file that was cut is read again from its new beginning. A file that
    does not exist yet, or cannot be read, has no lines.
    """

    def __init__(self, path: Path) -> None:
        self.position = 0
        """How far the file was read, in bytes."""
        self._path = path
        self._descriptor: int | None = None
        self._begun = bytearray()

    def lines(self) -> list[bytes]:
        """Return the next complete lines, without newlines: those of 4 MiB of the file at most."""
        found: list[bytes] = []
        for _ in range(_CHUNKS_AT_ONCE):
            chunk = self._read()
            first, *others = chunk.split(b"\n")
            self._begin(first)
            for part in others:
                found.append(self.rest())
                self._begin(part)
            if len(chunk) < _CHUNK:
                break
        return found

    def size(self) -> int:
        """Return how long the file is now, in bytes."""
        return 0 if self._descriptor is None else os.fstat(self._descriptor).st_size

    def rest(self) -> bytes:
        """Return the begun line and forget it."""
        line = bytes(self._begun)
        self._begun.clear()
        return line

    def close(self) -> None:
        """Stop following."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _begin(self, part: bytes) -> None:
        self._begun += part[: LONGEST_LINE - len(self._begun)]

    def _read(self) -> bytes:
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            chunk = os.pread(self._descriptor, _CHUNK, self.position)
        except OSError:
            return b""
        if not chunk and self.size() < self.position:
            self.position = 0
            self._begun.clear()
        self.position += len(chunk)
        return chunk
