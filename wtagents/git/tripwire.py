"""The tripwire: notice what was planted in the shared git directory before acting on a checkout.

An agent can write to the configuration, hooks and pointers that the user's own checkout obeys. Our
own commands avoid them (`repo.py`, `room.py`, `hub.py`); checking out files cannot, because the
user's filters belong to it. So the fingerprint that a person accepted is compared first.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from wtagents.git import admin
from wtagents.git.repo import Repository

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
_BRANCH_SECTION = re.compile(rb'\[branch "(?:[^"\\]|\\.)*"\]')
"""Alone on its line: git accepts a second section behind the first one."""


def fingerprint(common_dir: Path, worktree_admin: Path | None = None) -> dict[str, str]:
    """Return the hash of everything that could change what a checkout runs.

    With the private directory of a linked worktree, its pointers are checked too: they are part of
    the answer only where they do not say what they must. Costs 0.5 ms.
    """
    found = {name: _hash(common_dir / name) for name in _WATCHED}
    found |= {f"hooks/{path.name}": _hash(path) for path in _hooks(common_dir / "hooks")}
    found |= {f"include {path}": _hash(path) for path in _included(common_dir)}
    if worktree_admin is not None:
        found |= _stray_pointers(common_dir, worktree_admin)
    return {name: value for name, value in sorted(found.items()) if value}


def differences(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """Say what changed from one fingerprint to the other, one line for each."""
    lines = [f"{name} appeared" for name in new if name not in old]
    lines += [f"{name} changed" for name in new if name in old and new[name] != old[name]]
    lines += [f"{name} is gone" for name in old if name not in new]
    return sorted(lines)


def _stray_pointers(common_dir: Path, folder: Path) -> dict[str, str]:
    worktree = admin.registered_place(folder)
    name = f"worktrees/{folder.name}"
    linked = worktree is not None and not (worktree / ".git").is_symlink()
    back = admin.linked_dir(worktree) if worktree is not None and linked else None
    pointer = (folder / admin.read_line(folder / "commondir")).resolve()
    found = {f"{name}/config.worktree": _hash(folder / "config.worktree")}
    if pointer != common_dir.resolve():
        found[f"{name}/commondir"] = _hash(folder / "commondir") or "missing"
    if back != folder.resolve():
        found[f"{name}/gitdir"] = _hash(folder / "gitdir") or "missing"
    return found


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
    return hashlib.sha256(data).hexdigest()


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
