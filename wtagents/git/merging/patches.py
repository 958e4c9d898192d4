"""Patches: what each of a chain of commits changes, named so that two of them can be compared."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.merging.changes import parse_changes
from wtagents.system.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wtagents.git.merging.changes import Change
    from wtagents.git.merging.conflicts import Blob
    from wtagents.git.repo import Repository


@record
class Patch:
    """The difference of two trees, exactly."""

    digest: str
    """Of paths, modes and objects: equal for equal differences only."""
    paths: frozenset[str]
    """A rename counts as both of its names."""
    tree: Oid
    """The tree that it leads to."""


def patches(repo: Repository, chain: Sequence[Oid]) -> list[Patch] | None:
    """Return what each commit of a chain changes in the one before it; two git processes.

    None when they are not built on each other by single parents only. Raises GitError when one of
    them is not there.
    """
    listed = ("rev-list", "--parents", "--boundary", "--format=%T", chain[-1], f"^{chain[0]}")
    said = iter(repo.read(*listed).text.splitlines())
    found = {head.split(" ")[1].lstrip("-"): (head.split(" ")[2:], next(said)) for head in said}
    if not _stands_on({commit: parents for commit, (parents, _) in found.items()}, chain):
        return None
    trees = [found[commit][1] for commit in chain]
    asked = "".join(f"{old} {new}\n" for old, new in pairwise(trees)).encode()
    differ = repo.read("diff-tree", "--stdin", "-r", "-z", "--no-renames", "--raw", stdin=asked)
    pairs = list(_by_pair(os.fsdecode(differ.stdout)))
    return [
        patch_of(parse_changes(fields), Oid(tree))
        for fields, tree in zip(pairs, trees[1:], strict=True)
    ]


def patch_of(changes: Sequence[Change], tree: Oid) -> Patch:
    """Return the patch that is made of these changes, in the order of their paths."""
    lines = (f"{_shown(each.old)} {_shown(each.new)} {each.path}\0" for each in changes)
    return Patch(
        digest=digest(os.fsencode("".join(lines))),
        paths=frozenset(each.path for each in changes),
        tree=tree,
    )


def _shown(blob: Blob | None) -> str:
    return f"{blob.mode:o} {blob.oid}" if blob else "-"


def _stands_on(parents: Mapping[str, Sequence[str]], chain: Sequence[Oid]) -> bool:
    wanted, at = list(chain[:-1]), chain[-1]
    while wanted and len(parents.get(at, ())) == 1:
        at = Oid(parents[at][0])
        if at == wanted[-1]:
            wanted.pop()
    return not wanted


def _by_pair(text: str) -> Iterator[list[str]]:
    """Cut the answer of `diff-tree --stdin -z` at its headers; yield facts and path in turn."""
    fields: list[str] | None = None
    rest = iter(text.split("\0"))
    for field in rest:
        *headers, facts = field.split("\n")
        for _ in headers:
            if fields is not None:
                yield fields
            fields = []
        if facts and fields is not None:
            fields += [facts, next(rest)]
    if fields is not None:
        yield fields
