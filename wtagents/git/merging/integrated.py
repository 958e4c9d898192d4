"""Whether somebody else has landed a branch: by merge, by rebase, or squashed into one commit.

Judged by content, in the hub, never by names or age. Every doubt is a no. What counts is the whole
change since branch and target parted: a branch without commits of its own has landed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.git.merging.changes import tree_changes
from wtagents.git.merging.predict import merge_commits, merge_trees
from wtagents.git.refs import contains

if TYPE_CHECKING:
    from wtagents.git.hub import Hub

_MOST_COMMITS = 2000
"""Of the target, since the branch parted from it, that are compared one by one."""
_PATCH = ("--no-ext-diff", "--no-textconv", "--no-renames", "--no-color", "--full-index")


def how_integrated(hub: Hub, *, base: Oid, tip: Oid, target: Oid) -> str:
    """Say how `target` has everything that `base..tip` did, in a few words; '' when it has not.

    All are commits of the hub. Raises GitError when git cannot tell.
    """
    if not _count(hub, f"{base}..{tip}"):
        return ""
    if contains(hub.repo, target, tip):
        return "its commits are in the target"
    parted = hub.repo.read("merge-base", target, tip, ok=(0, 1)).text
    if not parted or _tree(hub, parted) == _tree(hub, tip):
        return ""
    merged = merge_commits(hub, target=target, branch=tip)
    if merged.is_clean and merged.tree == _tree(hub, target):
        return "the target has all that it changed"
    return _squashed(hub, Oid(parted), tip, target)


def lacking(hub: Hub, *, base: Oid, landed: Oid, target: Oid) -> tuple[str, ...]:
    """Return the paths in which a target lacks what `base..landed` changed, or may lack it.

    The target has changed the same lines, or taken the change back. All are commits of the hub.
    """
    merged = merge_trees(hub, base=base, target=target, branch=landed)
    paths = {change.path for change in tree_changes(hub, target, merged.tree)}
    return tuple(sorted(paths.union(conflict.path for conflict in merged.conflicts)))


def _squashed(hub: Hub, parted: Oid, tip: Oid, target: Oid) -> str:
    """Look for one commit of the target that makes the same change as the whole branch.

    The target may have changed the same lines since. Binary files have no patch to compare.
    """
    if _count(hub, f"{parted}..{target}") > _MOST_COMMITS:
        return ""
    numbers = hub.repo.read("diff-tree", "-r", "-z", "--numstat", "--no-renames", parted, tip)
    if any(line.startswith("-") for line in numbers.fields):
        return ""
    done, undone = (
        _patch_ids(hub, hub.repo.read("diff-tree", "-r", "-p", *_PATCH, old, new).stdout)
        for old, new in ((parted, tip), (tip, parted))
    )
    paths = hub.repo.read("diff-tree", "-r", "-z", "--name-only", parted, tip).fields
    each = hub.repo.read(
        "log", "-p", "--no-merges", "--format=commit %H", *_PATCH,
        f"{parted}..{target}", "--", *paths,
        env={"GIT_LITERAL_PATHSPECS": "1"},
    ).stdout  # fmt: skip
    known = _patch_ids(hub, each)
    if undone.keys() & known.keys():
        return ""
    commits = [Oid(commit) for patch, commit in known.items() if patch in done]
    return f"squashed into {commits[0].short}" if commits else ""


def _patch_ids(hub: Hub, patches: bytes) -> dict[str, str]:
    said = hub.repo.read("patch-id", "--stable", stdin=patches).text
    return dict(line.split(" ", 1) for line in said.splitlines())


def _count(hub: Hub, revisions: str) -> int:
    return int(hub.repo.read("rev-list", "--count", revisions).text)


def _tree(hub: Hub, commit: str) -> str:
    return hub.repo.read("rev-parse", f"{commit}^{{tree}}").text
