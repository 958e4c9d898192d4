"""Whether a checkout needs git-lfs, and whether that is there.

With the filter required and its program missing git cannot check a worktree out, or, where it is
not required, every `git status` in there fails for ever. Without any filter the worktree holds
small pointer files, which is well.
"""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.git.admin import read_line

if TYPE_CHECKING:
    from wtagents.git.repo import Repository

INSTALL = "install git-lfs, then: git lfs install"
_RULE = "filter=lfs"
_KEYS = r"^filter\.lfs\.(process|smudge|clean)$"


def require_large_files(repository: Repository, commit: str) -> None:
    """Raise SystemFault when files of a commit are in LFS and its program is missing."""
    program = missing_program(repository, commit)
    if program is not None:
        raise SystemFault(
            f"the repository keeps files in LFS, but {program} is not there",
            cause="git could not check out a worktree",
            hint=INSTALL,
        )


def missing_program(repository: Repository, commit: str) -> str | None:
    """Return the program that a checkout of a commit would need and does not find.

    A machine with git-lfs pays nothing for the answer.
    """
    if shutil.which("git-lfs") is not None:
        return None
    said = repository.read("config", "--null", "--get-regexp", _KEYS, ok=(0, 1)).fields
    commands = [field.partition("\n")[2] for field in said]
    missing = [name for name in map(_program_of, commands) if name and not shutil.which(name)]
    if not missing or not uses_large_files(repository, commit):
        return None
    among_gits_own = shutil.which(missing[0], path=repository.read("--exec-path").text)
    return missing[0] if among_gits_own is None else None


def uses_large_files(repository: Repository, commit: str) -> bool:
    """Whether the attributes of a commit, or those beside it, name the filter."""
    if _RULE in read_line(repository.common_dir / "info" / "attributes"):
        return True
    rules = ("--", ":(glob)**/.gitattributes")
    said = repository.read("grep", "-q", "-F", _RULE, commit, *rules, ok=(0, 1, 128))
    return said.status == 0


def _program_of(command: str) -> str:
    """Return the first word of a filter's command line."""
    try:
        return next(iter(shlex.split(command)), "")
    except ValueError:
        return ""
