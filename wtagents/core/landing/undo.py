"""An undo: a landing that is taken back by one commit on the target."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import Oid


class UndoState(StrEnum):
    """advancing → undone | given_up."""

    ADVANCING = "advancing"
    """The target is about to move; after a kill the target itself says whether it did."""
    UNDONE = "undone"
    GIVEN_UP = "given_up"


@record
class Undo:
    """One row of `undo`."""

    id: int
    merge_id: int
    state: UndoState
    onto: Oid
    """Tip of the target before."""
    candidate: Oid
    """The commit that takes it back; `onto` itself where nothing was left to take back."""
    why: str
    """What made wta do it by itself, or '' when a person asked."""
    created_at: datetime
    changed_at: datetime
