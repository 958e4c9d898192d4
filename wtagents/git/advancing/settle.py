"""What an interrupted advance left is settled: each checkout goes to where its HEAD is.

That is where the target is, unless a person has taken the lock away and something else checked out
since: what the landing had written went along, and is taken out of there.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.advancing.lock import (
    Mark,
    Refused,
    is_being_advanced,
    kept_index,
    load_mark,
    locked,
    mark_place,
    taken_over,
)
from wtagents.git.advancing.repair import repair
from wtagents.git.advancing.swap import is_swapping, release_swap
from wtagents.git.checkouts import checkouts, every_checkout, is_of_a_task
from wtagents.git.refs import contains, ref_value
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.git.checkouts import Checkout
    from wtagents.git.repo import Repository

_EDITED = ("--no-ext-diff", "--no-textconv", "-z", "--name-only", "--ignore-submodules=dirty")


@record
class Settled:
    """A checkout that is where its HEAD is, but for what a person edits there."""

    checkout: Path
    joined: tuple[str, ...] = ()
    """Edited files that have the edit and what landed."""
    spared: tuple[str, ...] = ()
    """Edited files that stay as they were: what landed is not in them."""


def settle(repo: Repository, checkout: Checkout, mark: Mark) -> Settled:
    """Bring a checkout to where its HEAD is, whatever was done to it before.

    The caller holds its lock. Raises GitError when git fails; what is left undone is found again.
    """
    repaired = repair(repo, checkout, mark)
    kept_index(checkout).unlink(missing_ok=True)
    return Settled(checkout=checkout.path, joined=repaired.joined, spared=repaired.spared)


def finish_advance(repo: Repository) -> list[Settled]:
    """Settle the checkouts of advances whose process is dead; return them.

    Edits that were made since never hinder it; where a person's git is at work it is left for the
    next time. Raises GitError when git fails, and the lock stays; where that was taken away, it
    does not come back, and the next time is soon enough, too.
    """
    release_swap(repo)
    finished = []
    for checkout in _open_checkouts(repo):
        try:
            with taken_over(checkout) as left:
                if left is not None:
                    finished.append(settle(repo.holding(left.descriptor), checkout, left.mark))
        except GitError:
            if mark_place(checkout) == checkout.lock:
                raise
    return finished


def is_advancing(repo: Repository) -> bool:
    """Whether target or checkout are still held: a git of a dead advance may be at work."""
    return is_swapping(repo) or any(is_being_advanced(each) for each in _open_checkouts(repo))


def unsettled(repo: Repository) -> list[Checkout]:
    """Return the checkouts where an advance is under way, or was cut off."""
    return [each for each in _open_checkouts(repo) if load_mark(each) is not None]


def bring_along(repo: Repository, mark: Mark) -> list[Settled]:
    """Bring checkouts to where the target is that came to it while it moved.

    They have the index of `old`: a `git checkout` reads the tip first and names the branch last.
    """
    brought = []
    for late in checkouts(repo, mark.target):
        with suppress(Refused, WtaError), locked(late, mark) as descriptor:
            if ref_value(repo, mark.target.ref) == mark.new and _is_behind(repo, late, mark):
                brought.append(settle(repo.holding(descriptor), late, mark))
    return brought


def edits_beside(repo: Repository, mark: Mark) -> list[Settled]:
    """Return the edited files among those that a landing changed; nobody knows which came first."""
    found = []
    for checkout in checkouts(repo, mark.target):
        view = repo.seen_from(checkout.git_dir, checkout.path)
        # Not diff-files: whatever is younger than the index counts as edited there.
        edited = view.read("diff", *_EDITED).fields
        if spared := _changed(view, mark).intersection(edited):
            found.append(Settled(checkout=checkout.path, spared=tuple(sorted(spared))))
    return found


def took_along(repo: Repository, mark: Mark, tip: Oid | None) -> Oid | None:
    """Return the first commit from `old` to `tip` that has a change of `new`, and is none of it.

    Somebody made it who took the lock away while an index named `new`.
    """
    if tip is None or not all(contains(repo, each, mark.old) for each in (tip, mark.new)):
        return None
    landing = _differences(repo, mark.old, mark.new)
    line = repo.read("rev-list", "--reverse", f"{mark.old}..{tip}", f"^{mark.new}").text.split()
    return next((Oid(each) for each in line if landing & _differences(repo, mark.old, each)), None)


def _differences(repo: Repository, old: Oid, new: str) -> set[str]:
    fields = repo.read("diff-tree", "-r", "-z", "--no-renames", old, new).fields
    return {" ".join(pair) for pair in zip(fields[::2], fields[1::2], strict=True)}


def _open_checkouts(repo: Repository) -> list[Checkout]:
    """Return those that an advance may touch; an agent may write anything into its own."""
    return [each for each in every_checkout(repo) if not is_of_a_task(each)]


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
