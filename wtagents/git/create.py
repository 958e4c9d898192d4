"""A new repository of our own making, which neither asks for nor obeys a person's git settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.git.repo import Repository
from wtagents.system.command import run_command

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = {
    "commit.gpgSign": "false",
    "core.attributesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.excludesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "gc.auto": "0",
}
"""What a global configuration could do to commits that are made here."""


def create_repository(folder: Path, *, branch: str, author: str) -> Repository:
    """Make a repository with an unborn branch in a folder that may hold files already.

    Raises SystemFault when git cannot.
    """
    argv = ("git", "init", "--quiet", "--template=", f"--initial-branch={branch}", str(folder))
    done = run_command(argv, cwd=folder, timeout=60)
    if not done.ok:
        raise SystemFault("git init failed", cause=done.complaint, hint="wta doctor")
    repository = Repository.at(folder)
    identity = {"user.name": author, "user.email": "demo@example.invalid"}
    for key, value in (_SETTINGS | identity).items():
        repository.git("config", key, value)
    return repository
