"""Which branches clash: pairs that git cannot merge with each other on one target.

Three git processes answer for all pairs: each branch is merged into the target, the paths that it
changes there are compared, and only pairs that come near each other are merged. Of 437 conflicting
pairs of public repositories 3 shared no path; a renamed folder is why, and it is looked for too.
Nothing but objects of the hub is written. An answer is a forecast: what lands is replayed.
"""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from wtagents.core.record import record
from wtagents.git.merging.predict import merge_room, parse_merge_tree
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence

    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Blob, Remark
    from wtagents.git.objects import Library
    from wtagents.git.repo import Repository

K = TypeVar("K")
"""What the caller tells its branches apart by."""
_USAGE = 129
"""Exit status of git for an option that it does not know: `merge-tree --stdin` came with 2.39."""
_BATCH_SECONDS = 600.0
_OPTIONS = ("--allow-unrelated-histories", "--messages", "-z")


@record
class Changes:
    """What one branch does to the target's files."""

    listed: tuple[tuple[str, str], ...]
    """Git's letter for what happened, and the path."""
    paths: frozenset[str]
    """Added, changed and deleted ones; a rename counts as both of its names."""
    folders: frozenset[str]
    """All folders that hold one of the paths, however deep."""
    entered: frozenset[str]
    """All folders that hold an added file, however deep."""
    left: frozenset[str]
    """Folders that a file was deleted from."""

    def near(self, other: Changes) -> bool:
        """Whether git could stumble: a common path, a file for a folder, a renamed folder."""
        return not (
            self.paths.isdisjoint(other.paths)
            and self.paths.isdisjoint(other.folders)
            and self.folders.isdisjoint(other.paths)
            and self.left.isdisjoint(other.entered)
            and self.entered.isdisjoint(other.left)
        )


@record
class Tried:
    """A merge that was tried in the object store."""

    is_clean: bool
    tree: Oid
    """With conflicts: their markers are in it."""
    stages: Mapping[str, Mapping[int, Blob]]
    """Unmerged paths, each with its versions: 1 base, 2 first side, 3 second side."""
    remarks: tuple[Remark, ...]


@record
class _Side:
    """One branch as it takes part in the merges of pairs."""

    tip: Oid
    on_target: Oid | None
    """A child of the target with the merged tree; None when that merge conflicts."""
    changes: Changes


def changed_paths(hub: Hub, base: Oid, tip: Oid) -> frozenset[str]:
    """Return the paths that differ between two commits of the hub; a rename counts as both."""
    with hub.library() as library:
        trees = library.commit(base).tree, library.commit(tip).tree
    return changes_between(hub.repo, [trees])[0].paths


def clashing_pairs(
    hub: Hub,
    branches: Sequence[tuple[K, Oid, Oid]],
    target: Oid,
    *,
    known: MutableMapping[tuple[Oid, Oid], bool] | None = None,
) -> frozenset[tuple[K, K]]:
    """Return the pairs of branches (key, base, tip) that cannot both be merged into the target.

    The keys of a pair stand in the order of `branches`; all commits are in the hub. A branch that
    conflicts with the target itself is compared with the others as it is. `known` remembers
    merged pairs from one call to the next: its keys name both sides and the target.
    """
    return overlaps(hub, branches, target, known=known)[0]


def overlaps(
    hub: Hub,
    branches: Sequence[tuple[K, Oid, Oid]],
    target: Oid,
    *,
    known: MutableMapping[tuple[Oid, Oid], bool] | None = None,
) -> tuple[frozenset[tuple[K, K]], dict[K, int]]:
    """Return the `clashing_pairs`, and how many paths each branch changes."""
    known = {} if known is None else known
    with hub.library() as library, merge_room(hub, library, target) as room:
        sides = _sides(room, library, branches, target)
        near = {
            (first, second): _pair(sides[first], sides[second])
            for first, second in combinations(range(len(sides)), 2)
            if sides[first].changes.near(sides[second].changes)
        }
        fresh = [pair for pair in dict.fromkeys(near.values()) if pair not in known]
        for pair, tried in zip(fresh, merge_all(room, fresh), strict=True):
            known[pair] = not tried.is_clean
    clashes = frozenset(
        (branches[first][0], branches[second][0])
        for (first, second), pair in near.items()
        if known[pair]
    )
    sizes = zip(branches, sides, strict=True)
    return clashes, {branch[0]: len(side.changes.paths) for branch, side in sizes}


def _sides(
    room: Repository, library: Library, branches: Sequence[tuple[K, Oid, Oid]], target: Oid
) -> list[_Side]:
    """Merge each branch into the target and look at what that changes."""
    merged = merge_all(room, [(target, tip) for _, _, tip in branches])
    ends = [
        (library.commit(target).tree, tried.tree)
        if tried.is_clean
        else (library.commit(base).tree, library.commit(tip).tree)
        for (_, base, tip), tried in zip(branches, merged, strict=True)
    ]
    return [
        _Side(
            tip=tip,
            on_target=library.write_synthetic(tried.tree, target) if tried.is_clean else None,
            changes=changes,
        )
        for (_, _, tip), tried, changes in zip(
            branches, merged, changes_between(room, ends), strict=True
        )
    ]


def _pair(first: _Side, second: _Side) -> tuple[Oid, Oid]:
    if first.on_target is None or second.on_target is None:
        return first.tip, second.tip
    return first.on_target, second.on_target


def merge_all(room: Repository, pairs: Sequence[tuple[Oid, Oid]]) -> list[Tried]:
    """Merge pairs of commits, in one process where git can."""
    if not pairs:
        return []
    asked = "".join(f"{first} {second}\n" for first, second in pairs).encode()
    try:
        said = room.git("merge-tree", "--stdin", *_OPTIONS, stdin=asked, timeout=_BATCH_SECONDS)
    except GitError as error:
        if error.status != _USAGE:
            raise
        return [_merge_one(room, *pair) for pair in pairs]
    rest = iter(said.fields)
    return [_tried(is_clean == "1", rest) for is_clean in rest]


def _merge_one(room: Repository, first: Oid, second: Oid) -> Tried:
    said = room.git(
        "merge-tree", "--write-tree", *_OPTIONS, first, second, ok=(0, 1), timeout=_BATCH_SECONDS
    )
    return _tried(said.status == 0, iter((*said.fields, "")))


def _tried(is_clean: bool, rest: Iterator[str]) -> Tried:  # noqa: FBT001 - the answer itself
    """Read one answer: the tree, the unmerged stages, the messages; an empty field ends each."""
    fields = [next(rest)]
    for _ in ("stages", "messages"):
        while field := next(rest):
            fields.append(field)
            if field.isdecimal():
                fields += [next(rest) for _ in range(int(field) + 2)]
        fields.append("")
    tree, stages, remarks = parse_merge_tree(fields[:-1])
    return Tried(is_clean=is_clean, tree=tree, stages=stages, remarks=tuple(remarks))


def changes_between(repo: Repository, trees: Sequence[tuple[Oid, Oid]]) -> list[Changes]:
    """Compare pairs of trees, in one process."""
    if not trees:
        return []
    asked = "".join(f"{old} {new}\n" for old, new in trees).encode()
    said = repo.read(
        "diff-tree", "--stdin", "-r", "-z", "--no-renames", "--name-status", stdin=asked
    )
    found: list[list[tuple[str, str]]] = []
    rest = iter(os.fsdecode(said.stdout).split("\0"))
    for field in rest:
        *headers, status = field.split("\n")
        found += [[] for _ in headers]
        if status:
            found[-1].append((status, next(rest)))
    return [sorted_out(each) for each in found]


def sorted_out(found: Iterable[tuple[str, str]]) -> Changes:
    """Return what the lines of `--name-status` come to."""
    listed = tuple(found)
    return Changes(
        listed=listed,
        paths=frozenset(path for _, path in listed),
        folders=frozenset(folder for _, path in listed for folder in _folders(path)),
        entered=frozenset(
            folder for status, path in listed if status == "A" for folder in _folders(path)
        ),
        left=frozenset(path.rpartition("/")[0] for status, path in listed if status == "D"),
    )


def _folders(path: str) -> list[str]:
    """Return the folders that hold a path, the innermost first; '' is the outermost."""
    folders = []
    while path:
        path = path.rpartition("/")[0]
        folders.append(path)
    return folders
