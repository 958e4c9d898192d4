"""One file that a person edits while a landing changes it: both changes, or the file as it is.

The three texts are compared as git stores them, and what is written is as git would check it out;
a file whose bytes would not come back so, for its line ends or its filter, stays as it is.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.git.repo import GitError
from wtagents.system.folders.exchange import exchange

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from wtagents.git.repo import Repository

_FILES = ("100644", "100755")
_EXECUTABLE = 0o111
_ANY_STATUS = tuple(range(128 + 128))


@record
class Version:
    """A path as one commit has it."""

    mode: str
    blob: str

    @property
    def is_absent(self) -> bool:
        """Whether the commit does not have the path."""
        return not self.mode.strip("0")

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in _FILES

    @property
    def is_executable(self) -> bool:
        """Whether it is a file that can be run."""
        return self.mode == _FILES[1]


@record
class Edited:
    """A path whose file is as no commit has it."""

    place: Path
    path: str
    base: Version
    """What the edit was made to."""
    goal: Version
    """What the commit has to which the checkout goes."""


def join_edit(view: Repository, edited: Edited, scratch: Path) -> bool:
    """Put what changes from base to goal into the file; False: it cannot be, the file stays.

    The file is exchanged in one step, and exchanged back if it was not the one that was read.
    `scratch` is an empty folder of ours on the file system of the file.
    """
    try:
        if not (edited.base.is_file and edited.goal.is_file) or _has_driver(view, edited.path):
            return False
        status = edited.place.lstat()
        if not stat.S_ISREG(status.st_mode):
            return False
        data = edited.place.read_bytes()
        joined = _join(view, edited, data, scratch)
        if joined is None:
            return False
        return _replace(edited, status, data, joined, scratch / "draft")
    except (GitError, OSError):
        return False


def as_on_disk(view: Repository, blob: str, path: str) -> bytes:
    """Return a blob as git writes it to a path: with its line ends and through its filter."""
    return view.read("cat-file", "--filters", f"--path={path}", blob).stdout


def _has_driver(view: Repository, path: str) -> bool:
    """Whether the repository says how this file is merged, or that it is not."""
    said = view.read("check-attr", "-z", "merge", "--", path).fields
    return said[2:] != ["unspecified"]


def _join(view: Repository, edited: Edited, data: bytes, scratch: Path) -> bytes | None:
    """Return the file with both changes; None when they meet, or it would not come back whole."""
    mine = _store(view, data, f"--path={edited.path}")
    if as_on_disk(view, mine, edited.path) != data:
        return None
    base, goal = edited.base.blob, edited.goal.blob
    if mine in (base, goal):
        return as_on_disk(view, goal, edited.path)
    texts = [scratch / name for name in ("mine", "base", "goal")]
    for place, blob in zip(texts, (mine, base, goal), strict=True):
        place.write_bytes(view.read("cat-file", "blob", blob).stdout)
    merged = view.git("merge-file", "-p", *map(str, texts), ok=_ANY_STATUS)
    if merged.status:
        return None
    return as_on_disk(view, _store(view, merged.stdout, "--no-filters"), edited.path)


def _store(view: Repository, data: bytes, how: str) -> str:
    return view.git("hash-object", "-w", "--stdin", how, stdin=data).text


def _replace(
    edited: Edited, status: os.stat_result, data: bytes, joined: bytes, draft: Path
) -> bool:
    """Put the joined text in the place of what was read, unless something else is there."""
    mode = _joined_mode(edited, stat.S_IMODE(status.st_mode))
    draft.write_bytes(joined)
    draft.chmod(mode)
    exchange(draft, edited.place)
    found = draft.lstat()
    is_same = (found.st_ino, found.st_mode) == (status.st_ino, status.st_mode)
    if is_same and draft.read_bytes() == data:
        return True
    exchange(draft, edited.place)
    return False


def _joined_mode(edited: Edited, mode: int) -> int:
    """Let a file be executable as the commit says, unless the person said otherwise."""
    if bool(mode & stat.S_IXUSR) != edited.base.is_executable:
        return mode
    readable = (mode & 0o444) >> 2
    return mode | readable if edited.goal.is_executable else mode & ~_EXECUTABLE
