"""Whether a checkout needs git-lfs, and whether that is there.

With the filter required and its program missing git cannot check a worktree out, or, where it is
not required, every `git status` in there fails for ever. Without any filter the worktree holds
small pointer files, which is well.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.git.admin import read_line
from wtagents.system.command import find_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wtagents.git.repo import GitResult, Repository

INSTALL = "install git-lfs, then: git lfs install"
_RULE = "filter=lfs"
_FILTERS = ("config", "--null", "--get-regexp", r"^filter\.lfs\.(process|smudge|clean)$")


@contextmanager
def looking_for_large_files(repository: Repository) -> Iterator[Callable[[str], None]]:
    """Ask git for the filter; the block does something else, then calls with a commit.

    The call raises SystemFault when files of the commit are in LFS and its program is missing.
    """
    if find_program("git-lfs") is not None:
        yield lambda _: None
        return
    with repository.reading(*_FILTERS, ok=(0, 1)) as finish:
        yield lambda commit: _require(repository, commit, finish())


def _require(repository: Repository, commit: str, filters: GitResult) -> None:
    program = _missing(repository, commit, filters)
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
    if find_program("git-lfs") is not None:
        return None
    return _missing(repository, commit, repository.read(*_FILTERS, ok=(0, 1)))


def _missing(repository: Repository, commit: str, filters: GitResult) -> str | None:
    commands = [field.partition("\n")[2] for field in filters.fields]
    missing = [name for name in map(_program_of, commands) if name and not find_program(name)]
    if not missing or not uses_large_files(repository, commit):
        return None
    among_gits_own = find_program(f"{repository.read('--exec-path').text}/{missing[0]}")
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
    import shlex

    try:
        return next(iter(shlex.split(command)), "")
    except ValueError:
        return ""
