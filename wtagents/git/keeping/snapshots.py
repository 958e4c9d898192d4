"""Snapshots: a tree of everything in a worktree, made without touching it or its index.

The objects go into the hub, where no agent can reach them. What is looked at again and again has an
index of its own in the lookout: see `git/merging/lookout.py` and `git/keeping/checkpoints.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.ids import Oid
from wtagents.git import admin
from wtagents.git.looking.room import clean_room, uncover
from wtagents.git.objects import Commit
from wtagents.git.refs import ref_value

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.git.hub import Hub
    from wtagents.git.repo import Repository

_SNAPSHOT_SECONDS = 600.0
_AUTHOR = "wta <wta@localhost>"
_NO_BLOB = frozenset({"160000", "040000"})
"""Modes of submodules and, in a sparse index, of folders."""


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


def staged_commit(hub: Hub, repo: Repository, worktree: Path, *, at: datetime) -> Oid | None:
    """Return a commit of the hub that holds every file version which only the index names.

    What was staged and changed again is nowhere else; git forgets it once the index is out of its
    sight. None where the commit has all of it. Sides of a conflict count.
    """
    git_dir = admin.admin_dir(repo, worktree)
    if git_dir is None:
        return None
    head = admin.read_head(git_dir)
    commit = head.commit if head.branch is None else ref_value(repo, head.branch.ref)
    # the files may be gone: no command here looks at them
    with clean_room(repo, git_dir, git_dir, commit) as room:
        staged = _blobs(room.read("ls-files", "--stage", "-z").fields)
        if commit is not None:
            staged -= _blobs(room.read("ls-tree", "-r", "-z", "--full-tree", commit).fields)
    if not staged:
        return None
    with hub.library() as library:
        tree = library.write_tree_of_blobs(staged)
        oid = library.write_commit(_snapshot_commit(tree, (), "Staged", at))
    hub.complete(repo, tree)
    return oid


def _blobs(listed: list[str]) -> set[Oid]:
    """Read the files out of `ls-files --stage` (mode oid stage) or `ls-tree` (mode type oid)."""
    facts = [line.partition("\t")[0].split(" ") for line in listed]
    return {
        Oid(second if second != "blob" else third)
        for mode, second, third in facts
        if mode not in _NO_BLOB
    }


def _snapshot_commit(tree: Oid, parents: tuple[Oid, ...], message: str, at: datetime) -> Commit:
    person = os.fsencode(f"{_AUTHOR} {int(at.timestamp())} +0000")
    return Commit(
        tree=tree, parents=parents, author=person, committer=person, message=message.encode()
    )
