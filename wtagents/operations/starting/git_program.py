"""Is git there, and new enough? Asked once per file, not once per command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.system.command import find_program
from wtagents.system.files import load_json, make_private_folder, write_json

if TYPE_CHECKING:
    from wtagents.operations.context import Context


def require_git_program(context: Context) -> None:
    """Raise SystemFault when git is missing or too old.

    A good answer is kept as long as the program's file does not change.
    """
    from wtagents.git.repo import require_git_version

    found = find_program("git")
    mark: list[object] = []
    if found is not None:
        program = Path(found).resolve()
        stat = program.stat()
        mark = [str(program), stat.st_mtime_ns, stat.st_size]
    cache = context.paths.root / "git-probe.json"
    if mark and load_json(cache) == mark:
        return
    require_git_version()
    make_private_folder(context.paths.root)
    write_json(cache, mark, durable=False)
