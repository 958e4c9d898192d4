"""What makes tests cheap and does not show in them: files in memory, a collector at rest.

On a disk a third of a test goes into the kernel's search for room for files that are deleted a
moment later.
"""

from __future__ import annotations

import contextlib
import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_ROOM = 2 * 1024**3
"""Bytes; the tests that run at once take a tenth of it."""
_YOUNG = 50_000
"""Objects that may be made before the collector looks; by itself it looks after 700."""


def memory_folder() -> Path | None:
    """Return a folder that is never on a disk, has room and lets programs run; None without one."""
    shared = Path("/dev/shm")  # noqa: S108 - the folders in it are private
    try:
        about = os.statvfs(shared)
    except OSError:
        return None
    is_fit = about.f_bavail * about.f_frsize >= _ROOM and not about.f_flag & os.ST_NOEXEC
    return shared if is_fit and os.access(shared, os.W_OK) else None


@contextlib.contextmanager
def folder_on_disk() -> Iterator[Path]:
    """Make a folder where programs expect temporary files; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wta-tests-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def slow_collector() -> None:
    """Let the collector come seldom; to be said before much is loaded."""
    gc.set_threshold(_YOUNG, 20, 100)


def rest_collector() -> None:
    """Let the collector pass over what is loaded by now, and come seldom."""
    gc.collect()
    gc.freeze()
    slow_collector()
