"""The lock of an advance on a checkout: git's own `index.lock`, with our mark in it, held by flock.

A second name of the same file, the note, says so as well: a person whom git tells to remove the
lock removes the first one only. A lock of somebody else is never touched, nor one that a living
process holds: ours, or a git that outlived us. Killed, both names are left, and the mark says
between which commits the checkout is.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.ids import BranchName, Oid
from wtagents.core.record import record
from wtagents.git.checkouts import business
from wtagents.system.files import load_json
from wtagents.system.lock import create_held, is_held, is_still, take_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.git.checkouts import Checkout

_MARK = "wta advance v1"
_NOTE = "wta-advance"
_KEPT = "wta-kept"


@record
class CheckoutDirty:
    """The update would overwrite files that are not committed: nothing was changed."""

    checkout: Path
    paths: tuple[str, ...]


@record
class CheckoutBusy:
    """Somebody works in a checkout of the target: nothing was changed."""

    checkout: Path
    operation: str
    is_passing: bool = False
    """Whether it is one git command, which may have ended in a moment."""


class Refused(Exception):
    """Carries an outcome past the locks, which are let go on the way."""

    def __init__(self, outcome: CheckoutDirty | CheckoutBusy) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@record
class Mark:
    """What stands in a lock of ours: the checkout is at one of these, or between them."""

    target: BranchName
    old: Oid
    new: Oid


@record
class Left:
    """What a dead advance left in a checkout, in our hands."""

    mark: Mark
    descriptor: int
    """Of its lock; the commands that settle it inherit it."""


def load_mark(checkout: Checkout) -> Mark | None:
    """Return the mark of an advance on a checkout; None where there is none."""
    return mark_in(mark_place(checkout))


def mark_place(checkout: Checkout) -> Path:
    """Return where the mark stands: in the lock, or in its note if the lock is not ours."""
    return checkout.lock if mark_in(checkout.lock) else checkout.git_dir / _NOTE


def is_being_advanced(checkout: Checkout) -> bool:
    """Whether somebody living holds our lock on a checkout: an advance, or a git of a dead one."""
    return load_mark(checkout) is not None and is_held(mark_place(checkout))


def kept_index(checkout: Checkout) -> Path:
    """Return where the index lies as it was; while it is there, the checkout is not settled."""
    return checkout.git_dir / _KEPT


@contextmanager
def locked(checkout: Checkout, mark: Mark) -> Iterator[int]:
    """Hold the index of a checkout as git itself does; refuse where somebody works in it.

    Yields the descriptor that the commands inherit: a git that outlives us goes on holding it.
    A checkout that could not be settled keeps the lock, for `finish_advance`.

    Raises Refused.
    """
    _require_at_rest(checkout)
    descriptor = create_held(checkout.lock, mark_text(mark))
    if descriptor is None:
        raise _busy(checkout, f"another git command ({checkout.lock} exists)")
    try:
        _write_note(checkout, descriptor)
        # Of an advance whose lock and note somebody took away by hand.
        kept_index(checkout).unlink(missing_ok=True)
        try:
            _require_at_rest(checkout)
            yield descriptor
        finally:
            if not kept_index(checkout).exists():
                _let_go(checkout, descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def taken_over(checkout: Checkout) -> Iterator[Left | None]:
    """Hold what a dead advance left in a checkout; None: nothing, or somebody works there.

    A lock that was taken away by hand is put back for the length of the block. The block settles
    the checkout; where it cannot, what was found stays for the next one.
    """
    place = mark_place(checkout)
    descriptor = take_file(place)
    if descriptor is None:
        yield None
        return
    try:
        mark, was_locked = mark_in(place), place == checkout.lock
        if mark is None or not (was_locked or _put_back(checkout)):
            yield None
            return
        try:
            yield Left(mark=mark, descriptor=descriptor)
        except BaseException:
            if not was_locked:
                _unlock(checkout, descriptor)
            raise
        _let_go(checkout, descriptor)
    finally:
        os.close(descriptor)


def mark_text(mark: Mark) -> bytes:
    """Return what stands in a file of ours that bears a mark."""
    said = {"mark": _MARK, "target": mark.target, "old": mark.old, "new": mark.new}
    return json.dumps(said).encode()


def mark_in(place: Path) -> Mark | None:
    """Return the mark that a file bears; None for any other file, or none."""
    found = load_json(place) if place.is_file() else None
    if not isinstance(found, dict) or found.get("mark") != _MARK:
        return None
    try:
        return Mark(
            target=BranchName.parse(str(found["target"])),
            old=Oid.parse(found["old"]),
            new=Oid.parse(found["new"]),
        )
    except (TypeError, KeyError, UsageError):
        return None


def _write_note(checkout: Checkout, descriptor: int) -> None:
    """Give our lock its second name. Raises Refused where another advance has not been settled."""
    try:
        os.link(checkout.lock, checkout.git_dir / _NOTE)
    except BaseException as error:
        _unlock(checkout, descriptor)
        if isinstance(error, FileExistsError):
            raise _busy(checkout, "a landing was cut off there, and is not settled") from None
        raise


def _put_back(checkout: Checkout) -> bool:
    """Give a note its first name again, unless somebody works there."""
    if business(checkout):
        return False
    try:
        os.link(checkout.git_dir / _NOTE, checkout.lock)
    except OSError:
        return False
    return True


def _let_go(checkout: Checkout, descriptor: int) -> None:
    """Take away both names; a note without a lock always means that a person took that away."""
    (checkout.git_dir / _NOTE).unlink(missing_ok=True)
    _unlock(checkout, descriptor)


def _unlock(checkout: Checkout, descriptor: int) -> None:
    if is_still(checkout.lock, descriptor):
        checkout.lock.unlink(missing_ok=True)


def _busy(checkout: Checkout, operation: str) -> Refused:
    return Refused(CheckoutBusy(checkout=checkout.path, operation=operation, is_passing=True))


def _require_at_rest(checkout: Checkout) -> None:
    operation = business(checkout)
    if operation:
        raise Refused(CheckoutBusy(checkout=checkout.path, operation=operation))
