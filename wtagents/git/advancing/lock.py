"""The lock of an advance on a checkout: git's own `index.lock`, with our mark in it, held by flock.

A lock of somebody else is never touched, nor one that a living process holds: ours, or a git that
outlived us. Killed, the lock is left, and its mark says between which commits the checkout is.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.checkouts import business
from wtagents.system.files import load_json
from wtagents.system.lock import create_held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.ids import BranchName
    from wtagents.git.checkouts import Checkout

_MARK = "wta advance v1"
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

    old: Oid
    new: Oid


def load_mark(checkout: Checkout) -> Mark | None:
    """Return the mark in a checkout's lock; None where there is no lock, or it is not ours."""
    found = load_json(checkout.lock)
    if not isinstance(found, dict) or found.get("mark") != _MARK:
        return None
    try:
        return Mark(old=Oid.parse(found["old"]), new=Oid.parse(found["new"]))
    except (TypeError, KeyError, UsageError):
        return None


def kept_index(checkout: Checkout) -> Path:
    """Return where the index lies as it was; while it is there, the checkout is not settled."""
    return checkout.git_dir / _KEPT


@contextmanager
def locked(checkout: Checkout, target: BranchName, mark: Mark) -> Iterator[int]:
    """Hold the index of a checkout as git itself does; refuse where somebody works in it.

    Yields the descriptor that the commands inherit: a git that outlives us goes on holding it.
    A checkout that could not be settled keeps the lock, for `finish_advance`.

    Raises Refused.
    """
    _require_at_rest(checkout)
    said = {"mark": _MARK, "target": target, "old": mark.old, "new": mark.new}
    descriptor = create_held(checkout.lock, json.dumps(said).encode())
    if descriptor is None:
        operation = f"another git command ({checkout.lock} exists)"
        raise Refused(CheckoutBusy(checkout=checkout.path, operation=operation, is_passing=True))
    # Of an advance that was cut off, and whose lock somebody took away by hand.
    kept_index(checkout).unlink(missing_ok=True)
    try:
        _require_at_rest(checkout)
        yield descriptor
    finally:
        if not kept_index(checkout).exists():
            checkout.lock.unlink(missing_ok=True)
        os.close(descriptor)


def _require_at_rest(checkout: Checkout) -> None:
    operation = business(checkout)
    if operation:
        raise Refused(CheckoutBusy(checkout=checkout.path, operation=operation))
