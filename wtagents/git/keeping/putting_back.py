"""Putting files of a checkpoint back into a worktree; its index, HEAD and branch stay as they are.

git itself writes the files, from an index of ours that holds what lies there now: it refuses as a
whole when a file has changed since, writes only what differs, and never follows a link. Killed
anywhere, the same call goes on.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.record import record
from wtagents.git.merging.lookout import room_view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.keeping.checkpoints import Whole
    from wtagents.git.merging.lookout import Lookout

_INDEX = "putting-back"
_WRITE_SECONDS = 1800.0


@record
class Difference:
    """What stands between two trees."""

    written: tuple[str, ...]
    """Paths that are changed or added."""
    removed: tuple[str, ...]
    added: tuple[str, ...]
    """Those of `written` that were not there."""


def difference(hub: Hub, lookout: Lookout, old: Oid, new: Oid) -> Difference:
    """Return which paths differ; either tree may be in either store."""
    said = lookout.hub.repo.read(
        "diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new, env=_borrowed(hub)
    ).fields
    kinds = list(zip(said[1::2], said[::2], strict=True))
    return Difference(
        written=tuple(path for path, kind in kinds if kind != "D"),
        removed=tuple(path for path, kind in kinds if kind == "D"),
        added=tuple(path for path, kind in kinds if kind == "A"),
    )


def in_the_way(worktree: Path, wanted: Difference) -> tuple[str, ...]:
    """Return the files that no look has seen, ignored ones, where files are to be written.

    Raises StateError for a folder that stands where a file is to be.
    """
    removed = frozenset(wanted.removed)
    found = dict.fromkeys(
        place
        for path in wanted.added
        if (place := _obstacle(worktree, path)) is not None and place not in removed
    )
    for place in found:
        folder = worktree / place
        if folder.is_dir() and not folder.is_symlink():
            for unknown in _files_below(worktree, folder):
                if unknown not in removed:
                    raise StateError(
                        f"{place} is a folder in {worktree}, and was a file then",
                        cause=f"{unknown} would be lost",
                        hint=f"move it away: mv {folder} {folder}.away",
                    )
    return tuple(place for place in found if not _is_folder(worktree / place))


def _obstacle(worktree: Path, path: str) -> str | None:
    """Return the first part of a path that is there and no folder to go through, or None."""
    parts = path.split("/")
    for length in range(1, len(parts) + 1):
        place = "/".join(parts[:length])
        if not os.path.lexists(worktree / place):
            return None
        if length == len(parts) or not _is_folder(worktree / place):
            return place
    return None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _files_below(worktree: Path, folder: Path) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{place}/{name}")]  # noqa: PTH114
        for name in (*files, *links):
            yield os.path.relpath(f"{place}/{name}", worktree)


def put_back(
    hub: Hub,
    lookout: Lookout,
    worktree: Path,
    *,
    room: Path,
    now: Whole,
    tree: Oid,
    held: int | None,
) -> None:
    """Make the worktree hold `tree` where it holds `now`; ignored files beside them stay.

    `held` is the descriptor of a lock that git holds on, should this process die. Raises GitError,
    and nothing is written, when a file changed since it was looked at.
    """
    index = room / _INDEX
    index.with_name(f"{_INDEX}.lock").unlink(missing_ok=True)
    # With its times: git looks closer at files as young as the index itself.
    shutil.copy2(now.index, index)
    view, within = room_view(lookout, room, worktree), {"GIT_INDEX_FILE": str(index)}
    if held is not None:
        view = view.holding(held)
    try:
        # A file that was written anew with the same content counts as changed otherwise.
        view.git("update-index", "-q", "--ignore-submodules", "--refresh", env=within, ok=(0, 1))
        view.git(
            "read-tree", "-m", "-u", now.tree, tree,
            env=within | _borrowed(hub),
            config={"protocol.allow": "user"},
            timeout=_WRITE_SECONDS,
        )  # fmt: skip
    finally:
        index.unlink(missing_ok=True)


def _borrowed(hub: Hub) -> dict[str, str]:
    return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(hub.repo.objects)}
