"""Checkouts of a branch, and whether moving them on would touch somebody's work.

The look happens in the clean room, over a copy of the index: it changes nothing and runs nothing.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.git import admin
from wtagents.git.looking.room import clean_room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid
    from wtagents.git.repo import Repository

_REBASES = ("rebase-merge", "rebase-apply")
_ASKED_BY_NAME = 50_000
"""Characters of paths that one command line takes; beyond them git looks at all files."""
_REFUSED = re.compile(r"^error: (?:Entry|Updating|Untracked)[^']*'(.+?)'|^\t(.+)$", re.MULTILINE)


@record
class Checkout:
    """A worktree that has a branch checked out."""

    path: Path
    git_dir: Path

    @property
    def index(self) -> Path:
        """What git believes to lie in the checkout."""
        return self.git_dir / "index"

    @property
    def lock(self) -> Path:
        """Git's own lock of the index: while it exists, no command of the user changes it."""
        return self.git_dir / "index.lock"


def checkouts(repo: Repository, branch: BranchName) -> list[Checkout]:
    """Return the worktrees that have a branch checked out or are rebasing it."""
    return [each for each in every_checkout(repo) if branch in _branches(each.git_dir)]


def every_checkout(repo: Repository) -> list[Checkout]:
    """Return the worktrees, whatever they have checked out, and those of tasks among them.

    One that was deleted by hand does not count; one that is locked does, even while it is away.
    """
    found = []
    main = repo.main_worktree
    if main is not None:
        found.append(Checkout(path=main, git_dir=repo.common_dir))
    for folder in admin.admin_dirs(repo):
        place = admin.registered_place(folder)
        if place is not None and (place.is_dir() or admin.lock_text(folder) is not None):
            found.append(Checkout(path=place, git_dir=folder))
    return [each for each in found if each.index.exists()]


def _branches(git_dir: Path) -> set[str]:
    rebased = (admin.read_line(git_dir / name / "head-name") for name in _REBASES)
    names = {name.removeprefix("refs/heads/") for name in rebased}
    return names | {admin.read_head(git_dir).branch or ""}


def business(checkout: Checkout) -> str:
    """Return why nobody else may move this checkout now, or ''."""
    if not checkout.path.is_dir():
        return "its folder is not there"
    if is_of_a_task(checkout):
        return "it is the worktree of a task"
    return admin.operation_in_progress(checkout.git_dir)


def is_of_a_task(checkout: Checkout) -> bool:
    """Whether it is the worktree of a task: an agent works there, and may have written anything."""
    text = admin.lock_text(checkout.git_dir)
    return text is not None and admin.LockReason.parse(text) is not None


def paths_in_the_way(
    repo: Repository, checkout: Checkout, old: Oid, new: Oid, *, configuration: str = ""
) -> list[str]:
    """Return the changed, untracked and ignored files that going from `old` to `new` would touch.

    Git itself would overwrite an ignored file, or one that was deleted, without a word. What hides
    behind a flag of the index only git finds: when the index is brought to `new`.
    """
    git_dir, path = checkout.git_dir, checkout.path
    with clean_room(repo, git_dir, path, old, configuration=configuration) as room:
        said = room.read("diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new).fields
        incoming = dict(zip(said[1::2], said[::2], strict=True))
        asked = incoming if sum(map(len, incoming)) < _ASKED_BY_NAME else ()
        changed = room.git(
            "--literal-pathspecs", "diff", "-z", "--name-only", "--no-renames", "--no-ext-diff",
            "--no-textconv", "--ignore-submodules=dirty", old, "--", *asked,
        ).fields  # fmt: skip
        paths = {path for path in changed if path in incoming}
        # A folder that is a submodule git replaces with all that is in it, its history too.
        added = [path for path, status in incoming.items() if status in "AT"]
        there = {found for new_path in added for found in lying_at(path, new_path)}
        if there:
            paths |= there.difference(room.read("ls-files", "-z").fields)
        return sorted(paths)


def refused_paths(complaint: str) -> list[str]:
    """Return the paths that git names when it refuses to bring an index to another tree.

    Empty when it failed for another reason.
    """
    return ["".join(found) for found in _REFUSED.findall(complaint)]


def lying_at(root: Path, path: str) -> Iterator[str]:
    """Yield the files that lie where a new file goes, at its place or at that of a folder above."""
    obstacle = blocking(root, path)
    if obstacle is None:
        return
    place = root / obstacle
    if place.is_symlink() or not place.is_dir():
        yield obstacle
        return
    for folder, _, names in os.walk(place):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118


def blocking(root: Path, path: str) -> str | None:
    """Return the first parent that is not a folder, or the path itself if something is there."""
    parts = path.split("/")
    for length in range(1, len(parts)):
        parent = "/".join(parts[:length])
        place = root / parent
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            return parent
    return path if os.path.lexists(root / path) else None
