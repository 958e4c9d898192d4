"""Sweeping: what of the trash is deleted for good. Pure.

Everything goes when its time is over. Where the trash is above its quota, or the disk is short of
space, the oldest goes earlier, but only what has landed as it was and has lain there for a day:
what never landed is nowhere else, and then only a person may say so.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.keeping.retention import LANDED_WHOLE
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wtagents.core.keeping.trash import TrashItem

_LEAST = timedelta(days=1)
"""How long everything can be brought back, however full the disk is."""


@record
class Sweep:
    """What goes, in this order."""

    items: tuple[TrashItem, ...]
    lacking: int
    """Bytes of what stays that are too many: only a person may delete them."""


def plan_sweep(
    items: Sequence[TrashItem],
    sizes: Mapping[int, int],
    now: datetime,
    *,
    keep: timedelta,
    excess: int,
) -> Sweep:
    """Return what to delete; `items` are the oldest first, `sizes` are bytes by item.

    `excess` is how many bytes the trash is to give back.
    """
    over = [item for item in items if now - item.trashed_at >= keep]
    excess -= sum(sizes.get(item.id, 0) for item in over)
    early = []
    for item in items:
        if excess <= 0:
            break
        if item not in over and is_elsewhere(item) and now - item.trashed_at >= _LEAST:
            early.append(item)
            excess -= sizes.get(item.id, 0)
    going = (*over, *early)
    staying = sum(sizes.get(item.id, 0) for item in items if item not in going)
    return Sweep(items=going, lacking=max(0, min(excess, staying)))


def is_elsewhere(item: TrashItem) -> bool:
    """Whether all that a worktree held has landed, by the proof with which it went."""
    return re.fullmatch(rf"{LANDED_WHOLE}[0-9a-f]{{10}}", item.proof) is not None
