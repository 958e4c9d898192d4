"""What a program says, on its way into a file: through a pipe of ours, without credentials.

The file holds whole lines in the order in which they were said, each from the moment in which it is
read here. Only what was never whole, or never read, is lost with a reader that is killed. On a disk
that takes nothing nothing more is read, so the program waits rather than loses its words.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
from typing import TYPE_CHECKING

from wtagents.core.isolation.redaction import Redactor
from wtagents.system.files import PRIVATE_FILE, disk_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.system.programs.lines import Lines

CAPACITY = 1 << 20
"""Bytes that a program can say while nobody reads (fcntl(2), `pipe-max-size`)."""
_PIECE = 1 << 20
"""Bytes of a line that are kept for its end; of a longer one words are taken."""
_BETWEEN = (b" ", b'"', b"'", b"\r")
"""What ends a word, and a credential."""
_CHUNK = 256 << 10
_ENCODING = "utf-8"


class Intake:
    """One pipe and its file. Not for several threads."""

    def __init__(self, path: Path, *, lines: Lines | None = None) -> None:
        """Open both; `lines` gets everything as it was said.

        Raises SystemFault when the file cannot be made.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._file = os.open(path, flags, PRIVATE_FILE)
        except OSError as error:
            raise disk_fault(error, path) from error
        exit_end, self._entry = os.pipe()
        os.set_blocking(exit_end, False)
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(exit_end, fcntl.F_SETPIPE_SZ, CAPACITY)
        self._exit: int | None = exit_end
        self._begun = bytearray()
        self._unwritten = bytearray()
        self._redactor = Redactor()
        self._lines = lines

    @property
    def readable(self) -> int | None:
        """File descriptor to select on; None while or since nothing can be taken from it."""
        return None if self._unwritten else self._exit

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come: whoever could say something has ended."""
        return self._exit is None

    @contextlib.contextmanager
    def entry(self) -> Iterator[int]:
        """Give the end for the program, to be started meanwhile; only it has it afterwards."""
        try:
            yield self._entry
        finally:
            os.close(self._entry)

    def pour(self) -> None:
        """Write down what was said so far: all that the pipe can hold, and no more."""
        taken = 0
        self._write()
        while self.readable is not None and taken < CAPACITY:
            data = self._read()
            if not data:
                break
            taken += len(data)
            if self._lines is not None:
                self._lines.take(data)
            self._begun += data
            self._keep(self._whole())

    def wait(self, seconds: float) -> None:
        """Return when there is something to pour, or after `seconds`."""
        poll = select.poll()
        if self.readable is not None:
            poll.register(self.readable, select.POLLIN)
        poll.poll(seconds * 1000)

    def settle(self) -> None:
        """Write down what was said so far, begun lines and all."""
        self.pour()
        self._keep(len(self._begun))
        self._unwritten += self._redactor.rest().encode(_ENCODING, errors="surrogateescape")
        self._write()

    def close(self) -> None:
        """Write down what was said so far and listen no more."""
        self.settle()
        if self._exit is not None:
            os.close(self._exit)
            self._exit = None
        os.close(self._file)

    def _read(self) -> bytes:
        """Return some of it; b"" where nothing is there, and when nothing more will come."""
        if self._exit is None:
            return b""
        try:
            data = os.read(self._exit, _CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            os.close(self._exit)
            self._exit = None
        return data

    def _whole(self) -> int:
        """Return how much of what was said ends where no credential can go on."""
        lines = self._begun.rfind(b"\n") + 1
        if lines or len(self._begun) <= _PIECE:
            return lines
        return max(self._begun.rfind(each) for each in _BETWEEN) + 1 or len(self._begun)

    def _keep(self, length: int) -> None:
        if length:
            text = self._begun[:length].decode(_ENCODING, errors="surrogateescape")
            del self._begun[:length]
            clean = self._redactor.feed(text)
            self._unwritten += clean.encode(_ENCODING, errors="surrogateescape")
            self._write()

    def _write(self) -> None:
        while self._unwritten:
            try:
                written = os.write(self._file, self._unwritten)
            except OSError:
                return
            del self._unwritten[:written]
