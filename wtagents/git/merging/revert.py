"""Revert: what a landing brought is taken out of the target's tip again, in the hub, as one commit.

Several commits are taken back together: the state before them is merged into the tip, counted from
the last of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.git.looking.room import settings
from wtagents.git.merging.predict import merge_trees
from wtagents.git.objects import Commit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.git.repo import Repository


@record
class Reverted:
    """A commit on the tip that takes the landing back."""

    commit: Oid
    """The tip itself when nothing was left to take back."""


@record
class RevertConflict:
    """What came later builds on it."""

    conflicts: tuple[Conflict, ...]


def revert(
    hub: Hub, *, before: Oid, landed: Oid, tip: Oid, message: str, person: str, at: datetime
) -> Reverted | RevertConflict:
    """Take what `before..landed` brought out of `tip`; all are commits of the hub.

    `person` is `name <email>`.
    """
    merge = merge_trees(hub, base=landed, target=tip, branch=before)
    if not merge.is_clean:
        return RevertConflict(conflicts=merge.conflicts)
    with hub.library() as library:
        parent = library.commit(tip)
        if parent.tree == merge.tree:
            return Reverted(commit=tip)
        seconds = max(int(at.timestamp()), parent.committed_at)
        signature = f"{person} {seconds} +0000".encode()
        commit = Commit(
            tree=merge.tree,
            parents=(tip,),
            author=signature,
            committer=signature,
            message=message.encode(),
        )
        return Reverted(commit=library.write_commit(commit))


def person_of(repo: Repository) -> str:
    """Return who commits in a repository as `name <email>`, '' when git does not know."""
    return person_in(settings(repo))


def person_in(values: Mapping[str, str]) -> str:
    """Return what `person_of` does, from the answer of `settings`."""
    name, email = (values.get(f"user.{key}", "").strip() for key in ("name", "email"))
    return f"{name} <{email}>" if name and email else ""
