"""Advance: a target's ref and the checkouts that have it move together, or not at all.

    lock each checkout   its `index.lock`, with our mark and both commits in it, held by flock
    look                 would the update touch the user's work? (`checkouts.py`)
    announce             the index names `new`, the files are still `old`
    swap the ref         compare-and-swap from `old` to `new`
    update the files     `read-tree -m -u old new` over the index as it was, then rename it
    unlock

The index comes before the ref: a `git commit` reads HEAD, then the index, and only then asks for
the lock. One that saw the new tip with the old index would silently take the landing back.

A person may take the lock away while we live. What is staged then stays (`index.py`), and the
checkout is settled round it. A commit between announcement and swap has what the index names: git
offers nothing that could refuse it, so it is found, and named (`Moved.took_along`).

Interrupted between any two steps it goes to where the ref is, or leaves its lock; killed, the lock
is left as well: `finish_advance` reads it and goes on or back (`settle.py`).
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.git.advancing.index import (
    CHECKOUT_SECONDS,
    IndexTaken,
    Stamp,
    at,
    index_copy,
    put_index,
    read_tree,
    refresh,
    stamp,
)
from wtagents.git.advancing.lock import (
    CheckoutBusy,
    CheckoutDirty,
    Mark,
    Refused,
    kept_index,
    locked,
    mark_in,
)
from wtagents.git.advancing.settle import (
    Settled,
    bring_along,
    finish_advance,
    settle,
    took_along,
)
from wtagents.git.advancing.swap import swap_target
from wtagents.git.checkouts import Checkout, checkouts, paths_in_the_way, refused_paths
from wtagents.git.refs import contains, ref_value
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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
    took_along: Oid | None = None
    """The commit of somebody who took a lock of ours away, with what was landing in it."""


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
    announced: dict[Checkout, Stamp] = {}
    try:
        _announce(repo, found, mark, announced)
        if not swap_target(repo, mark):
            actual = ref_value(repo, ref)
            took = None if _are_locked(found, mark) else took_along(repo, mark, actual)
            _retract(repo, found, mark, announced)
            return Moved(actual=actual, took_along=took)
        _update_all(repo, found, mark, announced)
    except Refused:
        _retract(repo, found, mark, announced)
        raise
    except BaseException as error:
        settled = [settle(repo, checkout, mark) for checkout in found]
        tip = ref_value(repo, ref)
        if isinstance(error, WtaError) and tip is not None and contains(repo, tip, mark.new):
            return settled
        raise
    return []


def _announce(
    repo: Repository, found: list[Checkout], mark: Mark, announced: dict[Checkout, Stamp]
) -> None:
    """Let the indexes name `new`; as they were they are kept beside, until all is settled.

    Git itself looks once more whether the files are those of `old`; they do not move yet.
    """
    for checkout in found:
        try:
            announced[checkout] = _announce_in(repo, checkout, mark)
        except IndexTaken:
            what = "another git command has written its index"
            busy = CheckoutBusy(checkout=checkout.path, operation=what, is_passing=True)
            raise Refused(busy) from None
        except GitError as refused:
            paths = tuple(refused_paths(refused.stderr))
            if not paths:
                raise
            raise Refused(CheckoutDirty(checkout=checkout.path, paths=paths)) from None


def _announce_in(repo: Repository, checkout: Checkout, mark: Mark) -> Stamp:
    """Announce in one checkout; return by what its index is known from here on."""
    known = stamp(checkout.index)
    shutil.copy2(checkout.index, kept_index(checkout))
    try:
        return _name_new(repo, checkout, mark, known, is_stale=False)
    except GitError:
        # A file that was only touched is no edit: git finds out when it reads it again.
        return _name_new(repo, checkout, mark, known, is_stale=True)


def _name_new(
    repo: Repository, checkout: Checkout, mark: Mark, known: Stamp, *, is_stale: bool
) -> Stamp:
    kept = kept_index(checkout)
    view = repo.seen_from(checkout.git_dir, checkout.path)
    with index_copy(checkout, kept, known) as copy:
        if is_stale:
            refresh(view, copy)
            shutil.copy2(copy, kept)
        view.git("read-tree", "-m", mark.old, mark.new, env=at(copy), timeout=CHECKOUT_SECONDS)
        return stamp(copy)


def _retract(
    repo: Repository, found: list[Checkout], mark: Mark, announced: Mapping[Checkout, Stamp]
) -> None:
    """Let the indexes be as they were; one that somebody could write goes to where HEAD is."""
    for checkout in found:
        kept = kept_index(checkout)
        if checkout not in announced:
            kept.unlink(missing_ok=True)
            continue
        try:
            if not _are_locked([checkout], mark):
                raise IndexTaken(checkout)
            if kept.exists():
                put_index(checkout, kept, announced[checkout])
        except IndexTaken:
            settle(repo, checkout, mark)


def _are_locked(found: Iterable[Checkout], mark: Mark) -> bool:
    """Whether nobody has taken a lock of ours away."""
    return all(mark_in(each.lock) == mark for each in found)


def _update_all(
    repo: Repository, found: list[Checkout], mark: Mark, announced: Mapping[Checkout, Stamp]
) -> None:
    """Bring all checkouts to the new commit; where one refuses, the ref goes back."""
    updated = 0
    try:
        for checkout in found:
            _update(repo, checkout, mark, announced[checkout])
            updated += 1
    except IndexTaken:
        # What is staged there refuses nothing: it stays, and the rest is settled round it.
        raise
    except BaseException as error:
        is_back = swap_target(repo, mark, back=True)
        paths = refused_paths(error.stderr) if isinstance(error, GitError) else []
        if is_back and paths and not updated:
            # An edit came just now; git looks at all files before it touches one.
            raise Refused(CheckoutDirty(checkout=found[0].path, paths=tuple(paths))) from None
        raise


def _update(repo: Repository, checkout: Checkout, mark: Mark, known: Stamp) -> None:
    """Bring files and index to the new commit; changes to other paths stay as they are.

    Git works on a copy of the index, so that a death leaves the old index and our lock. That the
    index as it was kept says what lies on the disk, git has found out for the announcement.
    """
    kept = kept_index(checkout)
    with index_copy(checkout, kept, known) as copy:
        view = repo.seen_from(checkout.git_dir, checkout.path)
        read_tree(view, copy, mark.old, mark.new)
    kept.unlink()
