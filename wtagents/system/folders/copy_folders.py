"""Copy folders of one checkout into another, sharing blocks where the file system can.

    python -I -S copy_folders.py '{"source": …, "target": …, "fallback": …, "folders": {…}}'

A program of its own, run as the first set-up command of a worktree: nobody waits for it but the
agent. `folders` maps each folder to the lock files beside it: one that differs from the source's
says that the copy would not fit, and none is made. What is there already, what git does not ignore
and what is a link stays as it is. It fails never: without a copy the set-up commands do their work
from nothing. A copy is made beside its place and renamed, so that it is whole or not there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys

TYPE_CHECKING = False  # the real one costs the import of typing
if TYPE_CHECKING:
    from typing import Any

_CLONE = 0x40049409
"""FICLONE (ioctl_ficlone(2)): the new file shares the blocks of the old one until one changes."""
_YOUNG = ".wta-copy"


class _CannotShare(Exception):
    """The file system cannot, and nothing else is wanted."""


class _Copier:
    """Copies files in the best way that has worked so far."""

    def __init__(self, fallback: str) -> None:
        self.fallback = fallback
        self.shares = True

    def file(self, source: str, target: str) -> str:
        """Copy one file with its mode and times."""
        if self.shares and self._clone(source, target):
            return target
        self.shares = False
        if self.fallback == "skip":
            raise _CannotShare
        if self.fallback == "hardlink":
            os.link(source, target, follow_symlinks=False)
        else:
            shutil.copy2(source, target, follow_symlinks=False)
        return target

    def _clone(self, source: str, target: str) -> bool:
        with open(source, "rb") as old, open(target, "xb") as new:
            try:
                fcntl.ioctl(new.fileno(), _CLONE, old.fileno())
            except OSError:
                new.close()
                os.unlink(target)
                return False
        shutil.copystat(source, target, follow_symlinks=False)
        return True

    @property
    def how(self) -> str:
        """How the last folder was copied, for the log."""
        words = {"hardlink": "with hard links", "copy": "byte by byte"}
        return "with shared blocks" if self.shares else words[self.fallback]


def copy_folder(order: Any, folder: str, copier: _Copier) -> str:
    """Copy one folder; return in words what was done or why not."""
    source, target = os.path.join(order["source"], folder), os.path.join(order["target"], folder)
    parent = os.path.dirname(target)
    if not os.path.isdir(source) or os.path.islink(source):
        return "there is none to copy"
    if os.path.lexists(target):
        return "is there already"
    if not os.path.isdir(parent) or os.path.realpath(parent) != parent:
        return "has no place in the new worktree"
    for lock in order["folders"][folder]:
        if _read(order["source"], lock) != _read(order["target"], lock):
            return f"is left out: {lock} is another one"
    if _git(order["target"], "check-ignore", "-q", "--", f"{folder}/"):
        return "is left out: git does not ignore it"
    young = target + _YOUNG
    shutil.rmtree(young, ignore_errors=True)
    try:
        shutil.copytree(source, young, symlinks=True, copy_function=copier.file)
        os.rename(young, target)
    except _CannotShare:
        shutil.rmtree(young, ignore_errors=True)
        return "is left out: this file system cannot share blocks"
    except (OSError, shutil.Error) as error:
        shutil.rmtree(young, ignore_errors=True)
        return f"could not be copied: {str(error)[:200]}"
    return f"copied {copier.how}"


def _read(root: str, name: str) -> bytes | None:
    try:
        with open(os.path.join(root, name), "rb") as file:
            return file.read()
    except OSError:
        return None


def _git(folder: str, *arguments: str) -> int:
    return subprocess.run(
        ["git", "-C", folder, *arguments], stdin=subprocess.DEVNULL, check=False
    ).returncode


def main() -> None:
    """Copy what the order names, and tell of each."""
    import json

    order = json.loads(sys.argv[1])
    for folder in order["folders"]:
        done = copy_folder(order, folder, _Copier(order["fallback"]))
        os.write(1, f"{folder} {done}\n".encode(errors="surrogateescape"))


if __name__ == "__main__":
    main()
