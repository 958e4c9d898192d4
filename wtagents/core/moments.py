"""Moments: whether a wait is on, and how a person's clock says when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DAY = timedelta(hours=20)
_WEEK = timedelta(days=6)


def is_on(since: datetime, until: datetime, now: datetime) -> bool:
    """Whether a wait that began at `since` is on, when the clock may have been set meanwhile.

    One that was set back lengthens it at most by its own length: further back, the wait is over.
    """
    return since - (until - since) <= now < until


def moment(at: datetime, now: datetime) -> str:
    """Return the local time: `14:05`, `Sun 14:05`, or with the date when it is far away."""
    local, distance = at.astimezone(), abs(at - now)
    if distance < _DAY:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if distance < _WEEK else f"{local:%Y-%m-%d %H:%M}"
