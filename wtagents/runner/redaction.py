"""Credentials do not stay in what is kept of a run.

The agent writes its stream into a file, not through us: what it prints is there while it works, in
a folder that only this user can enter. When it has ended, and nobody writes any more, the files are
gone through once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.isolation.credentials import without_credentials
from wtagents.system.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.system.paths import RunFolder

_ENCODING = "utf-8"


def redact_records(folder: RunFolder) -> None:
    """Put credentials out of sight; a file that cannot be written stays as it is."""
    for path in (folder.stream, folder.stderr, folder.setup_log, folder.checks_log):
        try:
            _redact(path)
        except (OSError, MemoryError, SystemFault):
            continue


def _redact(path: Path) -> None:
    """Replace a file by one without credentials; the times stay those of the agent."""
    if not path.is_file():
        return
    stat = path.stat()
    text = path.read_text(_ENCODING, errors="surrogateescape")
    clean = without_credentials(text)
    if clean == text:
        return
    write_atomic(path, clean.encode(_ENCODING, errors="surrogateescape"), durable=False)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
