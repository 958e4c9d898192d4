"""Snapshots: a tree of everything in a worktree, made without touching it or its index.

The objects go into the hub, where no agent can reach them; a ref of the hub keeps them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.ids import Oid
from wtagents.git import admin
from wtagents.git.objects import Commit
from wtagents.git.refs import ref_value
from wtagents.git.room import clean_room, uncover

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import RefName
    from wtagents.git.hub import Hub
    from wtagents.git.repo import Repository

_SNAPSHOT_SECONDS = 600.0
_AUTHOR = "wta <wta@localhost>"


def snapshot_tree(hub: Hub, repo: Repository, worktree: Path, *, ignored: bool) -> Oid:
    """Return a tree of the worktree's files, untracked ones included, ignored ones if asked.

    Files are stored as they are: no filter of the repository runs. An untracked repository inside
    is left out, a submodule is the name of its commit. Raises StateError when there is no such
    worktree.
    """
    git_dir = admin.admin_dir(repo, worktree)
    if git_dir is None or not worktree.is_dir():
        raise StateError(f"{worktree} is not a worktree of this repository", hint="wta status")
    head = admin.read_head(git_dir)
    commit = head.commit if head.branch is None else ref_value(repo, head.branch.ref)
    if commit is not None:
        hub.fetch(repo, commit)
    with clean_room(repo, git_dir, worktree, commit) as room:
        uncover(room, worktree)
        view = room.with_objects(hub.repo.objects)
        borrowed = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.objects)}
        standard = () if ignored else ("--exclude-standard",)
        paths = view.git(
            "diff-files", "-z", "--name-only", "--ignore-submodules=dirty", env=borrowed
        ).fields
        paths += view.git("ls-files", "-z", "--others", *standard, env=borrowed).fields
        # not `git add`, which asks a submodule for its status under its own configuration
        view.git(
            "update-index", "--add", "--remove", "--replace", "-z", "--stdin",
            stdin=os.fsencode("".join(f"{path}\0" for path in paths if not path.endswith("/"))),
            env=borrowed,
            timeout=_SNAPSHOT_SECONDS,
        )  # fmt: skip
        tree = Oid(view.git("write-tree", env=borrowed, durable=True).text)
    hub.complete(repo, tree)
    return tree


def keep(
    hub: Hub, ref: RefName, tree: Oid, *, parent: Oid | None, message: str, at: datetime
) -> Oid:
    """Put a commit of a snapshot under a ref of the hub and return it; `parent` is in the hub."""
    person = os.fsencode(f"{_AUTHOR} {int(at.timestamp())} +0000")
    with hub.library() as library:
        oid = library.write_commit(
            Commit(
                tree=tree,
                parents=(parent,) if parent else (),
                author=person,
                committer=person,
                message=message.encode(),
            )
        )
    hub.update_refs([f"update {ref} {oid}"])
    return oid
