"""templates: prompts that are used again and again, one Markdown file each.

Those of a repository are in `.wta/templates/` of its main worktree, those of a person in
`templates/` beside their own configuration; of one name the person's holds. They are texts that a
person reads before anything begins: nothing in them is run or replaced.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.operations.result import OperationResult
from wtagents.system.paths import config_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.operations.context import Context

FOLDER = Path(".wta") / "templates"
_MOST = 200
_LONGEST = 1 << 20
"""Bytes; a longer file is no prompt."""


@record
class Template:
    """A prompt to begin with."""

    name: str
    text: str


def templates(context: Context) -> OperationResult[tuple[Template, ...]]:
    """Return all of them, by name. Those that cannot be read are passed over."""
    folders = [config_home() / "templates"]
    if context.main_worktree is not None:
        folders.insert(0, context.main_worktree / FOLDER)
    found = {each.name: each for folder in folders for each in _of_folder(folder)}
    return OperationResult(data=tuple(found[name] for name in sorted(found)))


def _of_folder(folder: Path) -> Iterator[Template]:
    try:
        files = sorted(folder.glob("*.md"))[:_MOST]
    except OSError:
        return
    for path in files:
        text = _text(path)
        if text.strip():
            yield Template(name=printable(path.stem), text=text)


def _text(path: Path) -> str:
    """Return what a file says; '' for a link, which may lead out of the repository."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LONGEST:
            return ""
        return path.read_text(errors="replace")
    except OSError:
        return ""
