"""Advance: a target's ref and the checkouts that have it move together, or not at all.

    lock each checkout   its `index.lock`, with our mark and both commits in it, held by flock
    look                 would the update touch the user's work? (`checkouts.py`)
    announce             the index names `new`, the files are still `old`
    swap the ref         compare-and-swap from `old` to `new`
    update the files     `read-tree -m -u old new` over the index as it was, then rename it
    unlock

The index comes before the ref: a `git commit` reads HEAD, then the index, and only then asks for
the lock. One that saw the new tip with the old index would silently take the landing back.

Interrupted between any two steps it goes to where the ref is, or leaves its lock; killed, the lock
is left as well: `finish_advance` reads it and goes on or back (`settle.py`).
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.git.advancing.index import CHECKOUT_SECONDS, at, index_copy, read_tree, refresh
from wtagents.git.advancing.lock import (
    CheckoutBusy,
    CheckoutDirty,
    Mark,
    Refused,
    kept_index,
    locked,
)
from wtagents.git.advancing.settle import (
    Settled,
    bring_along,
    finish_advance,
    settle,
)
from wtagents.git.advancing.swap import swap_target
from wtagents.git.checkouts import Checkout, checkouts, paths_in_the_way, refused_paths
from wtagents.git.refs import contains, ref_value
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid
    from wtagents.git.repo import Repository


@record
class Advanced:
    """The target is at the new commit, and so are its checkouts."""

    checkouts: tuple[Path, ...]
    settled: tuple[Settled, ...] = ()
    """Those that did not get there in one go."""


@record
class Moved:
    """Somebody was faster: nothing was changed."""

    actual: Oid | None
    """Where the target is; None when the branch is gone."""


def advance(
    repo: Repository, target: BranchName, old: Oid, new: Oid, *, configuration: str = ""
) -> Advanced | Moved | CheckoutDirty | CheckoutBusy:
    """Move a target from `old` to `new`, whose objects are in the repository.

    The caller checked the tripwire: updating a checkout runs the user's own filters.
    `configuration` is that of the rooms in which checkouts are looked at, where it is known.

    Raises GitError when git fails; then the ref and the files are back at `old`.
    """
    settled = finish_advance(repo)
    actual = ref_value(repo, target.ref)
    if actual != old:
        return Moved(actual=actual)
    mark = Mark(target=target, old=old, new=new)
    try:
        with ExitStack() as locks:
            found = checkouts(repo, target)
            held = repo.holding(*(locks.enter_context(locked(each, mark)) for each in found))
            for checkout in found:
                paths = paths_in_the_way(repo, checkout, old, new, configuration=configuration)
                if paths:
                    raise Refused(CheckoutDirty(checkout=checkout.path, paths=tuple(paths)))
            moved = _move(held, found, mark)
            if isinstance(moved, Moved):
                return moved
            settled += moved
    except Refused as refused:
        return refused.outcome
    if checkouts(repo, target) != found:
        settled += bring_along(repo, mark)
    return Advanced(checkouts=tuple(each.path for each in found), settled=tuple(settled))


def _move(repo: Repository, found: list[Checkout], mark: Mark) -> Moved | list[Settled]:
    """Move the ref and its checkouts, which are locked; they end where the ref is.

    Returns the checkouts that had to be settled because git failed when the ref had moved.
    """
    ref = mark.target.ref
    try:
        _announce(repo, found, mark)
        if not swap_target(repo, mark):
            _retract(found)
            return Moved(actual=ref_value(repo, ref))
        _update_all(repo, found, mark)
    except Refused:
        _retract(found)
        raise
    except BaseException as error:
        settled = [settle(repo, checkout, mark) for checkout in found]
        tip = ref_value(repo, ref)
        if isinstance(error, WtaError) and tip is not None and contains(repo, tip, mark.new):
            return settled
        raise
    return []


def _announce(repo: Repository, found: list[Checkout], mark: Mark) -> None:
    """Let the indexes name `new`; as they were they are kept beside, until all is settled.

    Git itself looks once more whether the files are those of `old`; they do not move yet.
    """
    for checkout in found:
        shutil.copy2(checkout.index, kept_index(checkout))
        try:
            _announce_in(repo, checkout, mark, is_stale=False)
        except GitError:
            # A file that was only touched is no edit: git finds out when it reads it again.
            try:
                _announce_in(repo, checkout, mark, is_stale=True)
            except GitError as refused:
                paths = tuple(refused_paths(refused.stderr))
                if not paths:
                    raise
                raise Refused(CheckoutDirty(checkout=checkout.path, paths=paths)) from None


def _announce_in(repo: Repository, checkout: Checkout, mark: Mark, *, is_stale: bool) -> None:
    kept = kept_index(checkout)
    view = repo.seen_from(checkout.git_dir, checkout.path)
    with index_copy(checkout, kept) as copy:
        if is_stale:
            refresh(view, copy)
            shutil.copy2(copy, kept)
        view.git("read-tree", "-m", mark.old, mark.new, env=at(copy), timeout=CHECKOUT_SECONDS)


def _retract(found: list[Checkout]) -> None:
    """Let the indexes be as they were."""
    for checkout in found:
        with suppress(FileNotFoundError):
            kept_index(checkout).replace(checkout.index)


def _update_all(repo: Repository, found: list[Checkout], mark: Mark) -> None:
    """Bring all checkouts to the new commit; where one refuses, the ref goes back."""
    updated = 0
    try:
        for checkout in found:
            _update(repo, checkout, mark)
            updated += 1
    except BaseException as error:
        is_back = swap_target(repo, mark, back=True)
        paths = refused_paths(error.stderr) if isinstance(error, GitError) else []
        if is_back and paths and not updated:
            # An edit came just now; git looks at all files before it touches one.
            raise Refused(CheckoutDirty(checkout=found[0].path, paths=tuple(paths))) from None
        raise


def _update(repo: Repository, checkout: Checkout, mark: Mark) -> None:
    """Bring files and index to the new commit; changes to other paths stay as they are.

    Git works on a copy of the index, so that a death leaves the old index and our lock. That the
    index as it was kept says what lies on the disk, git has found out for the announcement.
    """
    kept = kept_index(checkout)
    with index_copy(checkout, kept) as copy:
        view = repo.seen_from(checkout.git_dir, checkout.path)
        read_tree(view, copy, mark.old, mark.new)
    kept.unlink()
