"""What an interrupted advance left is settled: each checkout goes to where the target is."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.git.advancing.lock import Mark, Refused, kept_index, load_mark, locked
from wtagents.git.advancing.repair import repair
from wtagents.git.checkouts import checkouts
from wtagents.git.refs import ref_value
from wtagents.git.stale_locks import set_aside
from wtagents.system.lock import take_file

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import BranchName
    from wtagents.git.checkouts import Checkout
    from wtagents.git.repo import Repository


@record
class Settled:
    """A checkout that is where its target is, but for what a person edits there."""

    checkout: Path
    joined: tuple[str, ...] = ()
    """Edited files that have the edit and what landed."""
    spared: tuple[str, ...] = ()
    """Edited files that stay as they were: what landed is not in them."""


def settle(repo: Repository, checkout: Checkout, target: BranchName, mark: Mark) -> Settled:
    """Bring a checkout to where the target is, whatever was done to it before.

    The caller holds its lock. Raises GitError when git fails; what is left undone is found again.
    """
    tip = ref_value(repo, target.ref) or mark.old
    repaired = repair(repo, checkout, mark, tip)
    kept_index(checkout).unlink(missing_ok=True)
    return Settled(checkout=checkout.path, joined=repaired.joined, spared=repaired.spared)


def finish_advance(repo: Repository, target: BranchName) -> list[Settled]:
    """Bring the checkouts of an interrupted advance to where the target is; return them.

    Edits that were made since never hinder it. Raises GitError when git fails; the lock stays.
    """
    finished = []
    for checkout in checkouts(repo, target):
        descriptor = take_file(checkout.lock)
        if descriptor is None:
            continue
        try:
            mark = load_mark(checkout)
            if mark is not None:
                release_ref(repo, target, mark)
                finished.append(settle(repo.holding(descriptor), checkout, target, mark))
                checkout.lock.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
    return finished


def is_advancing(repo: Repository, target: BranchName) -> bool:
    """Whether a checkout of the target is still held: a git of a dead advance may be at work."""
    return any(load_mark(each) is not None for each in checkouts(repo, target))


def bring_along(repo: Repository, target: BranchName, mark: Mark) -> list[Settled]:
    """Bring checkouts to where the target is that are not there, and have no lock of ours.

    One came to the target with the index of `old` as it moved to `new`: a `git checkout` reads the
    tip first and names the branch last. Of another somebody took the lock of a killed advance away
    by hand, as git says to do; its index is ahead of its files, or of the target.
    """
    brought = []
    for late in checkouts(repo, target):
        was_cut_off = kept_index(late).exists()
        with suppress(Refused, WtaError), locked(late, target, mark) as descriptor:
            is_late = ref_value(repo, target.ref) == mark.new and _is_behind(repo, late, mark)
            if was_cut_off or is_late:
                brought.append(settle(repo.holding(descriptor), late, target, mark))
    return brought


def release_ref(repo: Repository, target: BranchName, mark: Mark) -> None:
    """Set aside the locks that a killed git of an advance left on the target, and on HEAD.

    The caller knows that a git of the advance was killed, and that all have ended. The lock on the
    target holds the name of the commit to which it was to move; one of somebody else stays. Nothing
    stands in the lock on HEAD, nor in one that is just made: those are ours if they are younger
    than our lock on a checkout, and no git works there.
    """
    held = [each for each in checkouts(repo, target) if load_mark(each) == mark]
    ref, head = repo.common_dir / f"{target.ref}.lock", repo.common_dir / "HEAD.lock"
    said = _said_in(ref)
    is_ours = any(said and f"{oid}\n".startswith(said) for oid in (mark.old, mark.new))
    if is_ours:
        set_aside([ref], repo.common_dir)
    elif said:
        return
    if held:
        since = min(_changed_at(each.lock) for each in held)
        empty = [lock for lock in (ref, head) if not _said_in(lock) and _changed_at(lock) > since]
        places = (repo.common_dir, *(each.path for each in held))
        set_aside(empty, repo.common_dir, unless_git_in=places)


def _said_in(lock: Path) -> str | None:
    try:
        return lock.read_text(errors="replace")
    except OSError:
        return None


def _changed_at(lock: Path) -> float:
    """Return the time of a lock; that of none is the beginning of time."""
    try:
        return lock.stat().st_mtime
    except OSError:
        return 0.0


def edits_beside(repo: Repository, target: BranchName, mark: Mark) -> list[Settled]:
    """Return the edited files among those that a landing changed; nobody knows which came first."""
    found = []
    for checkout in checkouts(repo, target):
        view = repo.seen_from(checkout.git_dir, checkout.path)
        edited = view.read("diff-files", "-z", "--name-only", "--ignore-submodules=dirty").fields
        if spared := _changed(view, mark).intersection(edited):
            found.append(Settled(checkout=checkout.path, spared=tuple(sorted(spared))))
    return found


def _is_behind(repo: Repository, checkout: Checkout, mark: Mark) -> bool:
    """Whether the index has nothing of what is new; a person may have staged something else."""
    view = repo.seen_from(checkout.git_dir, checkout.path)
    changed = _changed(view, mark)
    unlike_old, unlike_new = (
        changed.intersection(view.read("diff-index", "--cached", "-z", "--name-only", tree).fields)
        for tree in (mark.old, mark.new)
    )
    return unlike_new == changed != unlike_old


def _changed(view: Repository, mark: Mark) -> set[str]:
    return set(view.read("diff-tree", "-r", "-z", "--name-only", mark.old, mark.new).fields)
