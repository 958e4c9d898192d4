"""How much space there is, and how much a folder takes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 512
"""Unit of `st_blocks`, whatever the file system (stat(2))."""


def free_space(path: Path) -> int:
    """Return the bytes that are free on the disk of a path, or of what is to become one."""
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    disk = os.statvfs(existing)
    return disk.f_bavail * disk.f_frsize


def taken_space(folder: Path) -> int:
    """Return the bytes that a folder takes on its disk; links are not followed."""
    total = 0
    waiting = [folder]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                facts = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            total += facts.st_blocks * _BLOCK
            if stat.S_ISDIR(facts.st_mode):
                waiting.append(folder / entry.path)
    return total
