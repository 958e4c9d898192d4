"""Who has a file open: what is open may still be written to."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.system.process import open_names_by_psutil

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_open(path: Path) -> bool:
    """Whether a process that lets us look has a file open; other users' do not."""
    place = str(path.resolve())
    return any(place == name for name in _open_names())


def _open_names() -> Iterator[str]:
    if sys.platform != "linux":
        yield from open_names_by_psutil()
        return
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            descriptors = os.listdir(process / "fd")
        except OSError:
            continue
        for descriptor in descriptors:
            try:
                yield os.readlink(process / "fd" / descriptor)
            except OSError:
                continue
