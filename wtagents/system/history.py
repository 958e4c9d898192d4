"""Files to which lines are only added, in the order of time: one is found without reading all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    TimeOf = Callable[[bytes], datetime | None]
    """When a line was written; None for one that is torn or foreign, which is passed over."""


def line_until(path: Path, at: datetime, time_of: TimeOf) -> bytes | None:
    """Return the last line that was written until a moment; None where there is none.

    As many lines are read as the size of the file has bits.
    """
    try:
        with path.open("rb") as stream:
            return _found(stream, at, time_of)
    except OSError:
        return None


def _found(stream: BinaryIO, at: datetime, time_of: TimeOf) -> bytes | None:
    """Every line that begins before `low` is early enough, none that begins from `high` on is."""
    low, high, found = 0, stream.seek(0, os.SEEK_END), None
    while low < high:
        middle = (low + high) // 2
        start, line, written = _next(stream, middle, time_of)
        if written is None or start >= high or written > at:
            high = middle
        else:
            low, found = stream.tell(), line
    return found


def _next(stream: BinaryIO, place: int, time_of: TimeOf) -> tuple[int, bytes, datetime | None]:
    """Return where the first line with a time begins from a place on, the line and its time."""
    stream.seek(max(place - 1, 0))
    if place:
        stream.readline()
    while True:
        start = stream.tell()
        line = stream.readline()
        written = time_of(line) if line else None
        if written is not None or not line:
            return start, line, written
