"""The tripwire: notice what was planted in the shared git directory before acting on a checkout.

An agent can write to the configuration, hooks and pointers that the user's own checkout obeys. Our
own commands avoid them (`repo.py`, `room.py`, `hub.py`); checking out files cannot, because the
user's filters belong to it. So the fingerprint that a person accepted is compared first.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wtagents.git import admin
from wtagents.git.repo import Repository
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WATCHED = (
    "config",
    "config.worktree",
    "commondir",
    "info/attributes",
    "info/grafts",
    "objects/info/alternates",
    "objects/info/http-alternates",
)
_PRIVATE = "worktrees/"
_NOT_COPIED = ("core.bare\n", "core.worktree\n")
_BRANCH_SECTION = re.compile(rb'\[branch "(?:[^"\\]|\\.)*"\]')
"""Alone on its line: git accepts a second section behind the first one."""


def fingerprint(common_dir: Path, *worktree_admins: Path) -> dict[str, str]:
    """Return the hash of everything that could change what a checkout runs.

    With the private directories of linked worktrees, their pointers are checked too: they are part
    of the answer only where they do not say what they must. Costs 0.5 ms.
    """
    found = {name: _hash(common_dir / name) for name in _WATCHED}
    found |= {f"hooks/{path.name}": _hash(path) for path in _hooks(common_dir / "hooks")}
    found |= {f"include {path}": _hash(path) for path in _included(common_dir)}
    for folder in worktree_admins:
        found |= _stray_pointers(common_dir, folder)
    return {name: value for name, value in sorted(found.items()) if value}


def about(found: dict[str, str], *worktree_admins: Path) -> dict[str, str]:
    """Return what a fingerprint says of the shared directory and of these worktrees only."""
    wanted = tuple(f"{_PRIVATE}{folder.name}/" for folder in worktree_admins)
    return {
        name: value
        for name, value in found.items()
        if not name.startswith(_PRIVATE) or name.startswith(wanted)
    }


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Say what changed from one fingerprint to the other, one line for each.

    What a worktree said of itself may go: the next task of that name begins without it.
    """
    lines = [f"{name} appeared" for name in new if name not in old]
    lines += [f"{name} changed" for name in new if name in old and new[name] != old[name]]
    lines += [f"{name} is gone" for name in old if not (name in new or name.startswith(_PRIVATE))]
    return sorted(lines)


def _stray_pointers(common_dir: Path, folder: Path) -> dict[str, str]:
    worktree = admin.registered_place(folder)
    name = f"{_PRIVATE}{folder.name}"
    linked = worktree is not None and not (worktree / ".git").is_symlink()
    back = admin.linked_dir(worktree) if worktree is not None and linked else None
    pointer = (folder / admin.read_line(folder / "commondir")).resolve()
    found = {}
    if not _copied_by_git(common_dir, folder):
        found[f"{name}/config.worktree"] = _hash(folder / "config.worktree")
    if pointer != common_dir.resolve():
        found[f"{name}/commondir"] = _hash(folder / "commondir") or "missing"
    # Nothing follows the pointers of a worktree whose whole folder is gone.
    if back != folder.resolve() and (worktree is None or worktree.exists()):
        found[f"{name}/gitdir"] = _hash(folder / "gitdir") or "missing"
    return found


def _copied_by_git(common_dir: Path, folder: Path) -> bool:
    """Whether a worktree's own settings are those that `git worktree add` copied.

    It copies the main worktree's, but for `core.bare` and `core.worktree`; a repository that is
    checked out sparsely has some.
    """
    copy, origin = folder / "config.worktree", common_dir / "config.worktree"
    if not copy.is_file() or not origin.is_file():
        return False
    return _copyable(common_dir, copy) == _copyable(common_dir, origin)


def _copyable(common_dir: Path, file: Path) -> list[str]:
    command = ("config", "--file", str(file), "--no-includes", "--list", "-z")
    said = Repository.bare(common_dir).read(*command, ok=(0, 1, 128))
    if said.status != 0:
        return [f"{file} cannot be read"]
    return [each for each in said.fields if not each.startswith(_NOT_COPIED)]


def _hooks(folder: Path) -> Iterator[Path]:
    """Yield what git would run: executable and not a sample."""
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for path in entries:
        if path.suffix != ".sample" and os.access(path, os.X_OK):
            yield path


def _included(common_dir: Path) -> list[Path]:
    """Return the files that the shared configuration includes, as git itself follows them."""
    from pathlib import Path

    try:
        data = (common_dir / "config").read_bytes()
    except OSError:
        return []
    if b"[include" not in data.lower():
        return []
    said = (
        Repository.bare(common_dir)
        .read("config", "--local", "--list", "-z", "--show-origin", "--includes", ok=(0, 1, 128))
        .fields
    )
    origins = {origin.removeprefix("file:") for origin in said[::2]}
    places = {(common_dir / origin).resolve() for origin in origins if origin}
    return sorted(Path(place) for place in places - {(common_dir / "config").resolve()})


def _hash(path: Path) -> str:
    """Return the SHA-256 of a file's meaning, or '' when it is absent."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"unreadable: {error.strerror}"
    if path.name == "config":
        data = _without_branches(data)
    return digest(data)


def _without_branches(data: bytes) -> bytes:
    """Leave out `[branch "…"]`: git writes there on every push and deletion, and runs nothing."""
    kept, inside, continued = [], False, False
    for line in data.split(b"\n"):
        text = line.strip()
        if text.startswith(b"["):
            inside = _BRANCH_SECTION.fullmatch(text) is not None
        if not inside and (text or continued):
            kept.append(line)
        continued = line.endswith(b"\\")
    return b"\n".join(kept)
