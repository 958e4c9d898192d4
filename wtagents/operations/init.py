"""init: the files that a repository can have for wta. What exists is never overwritten."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.config.setting_rows import commented_toml
from wtagents.core.errors import StateError
from wtagents.core.record import record
from wtagents.operations.result import OperationResult
from wtagents.system.config_file import repository_file
from wtagents.system.files import create_exclusive, disk_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.context import Context

_SHARED = 0o666
"""The umask of the person decides, as for any file of the repository."""


class Outcome(StrEnum):
    """What became of one file."""

    WRITTEN = "written"
    KEPT = "kept"
    """It exists; whatever it holds stays."""
    OUTSIDE = "outside"
    """A link leads out of the repository; nothing is written through it."""


@record
class InitFile:
    """One file of the repository."""

    path: Path
    """Relative to the main worktree."""
    outcome: Outcome
    about: str
    """What it is for, in one line."""


@record
class Initialised:
    """What `wta init` did."""

    repository: Path
    files: tuple[InitFile, ...]


def init(context: Context) -> OperationResult[Initialised]:
    """Write what is missing into the main worktree; commit nothing.

    Raises StateError in a bare repository, SystemFault when the disk refuses.
    """
    root = context.main_worktree
    if root is None:
        raise StateError(
            "a bare repository has no main worktree to write to",
            cause=f"{context.common_dir} has no checkout beside it",
            hint="run wta init in a clone with a checkout, and commit the files there",
        )
    root = root.resolve()
    files = tuple(
        InitFile(path=path.relative_to(root), outcome=_write(root, path, content), about=about)
        for path, content, about in _wanted(root)
    )
    written = any(file.outcome is Outcome.WRITTEN for file in files)
    messages = ("look at them and commit what should be shared",) if written else ()
    return OperationResult(data=Initialised(repository=root, files=files), messages=messages)


def _wanted(root: Path) -> Iterator[tuple[Path, bytes, str]]:
    yield repository_file(root), commented_toml().encode(), "settings, each with its default"
    shipped = shipped_folder()
    for source in sorted(shipped.glob("*/*.md")):
        content = source.read_bytes()
        yield root / ".claude" / source.relative_to(shipped), content, _description(content)


def shipped_folder() -> Path:
    """Return where the commands and agents lie that wta brings along."""
    return Path(__file__).parents[1] / "shipped"


def _description(content: bytes) -> str:
    """Return what the file's front matter says about it."""
    for line in content.decode().splitlines():
        name, _, text = line.partition(": ")
        if name == "description":
            return text
    return ""


def _write(root: Path, path: Path, content: bytes) -> Outcome:
    folder = path.parent
    if not folder.resolve().is_relative_to(root):
        return Outcome.OUTSIDE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_fault(error, folder) from error
    made = create_exclusive(path, content, mode=_SHARED)
    return Outcome.WRITTEN if made else Outcome.KEPT
