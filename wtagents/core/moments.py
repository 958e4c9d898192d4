"""A moment in the words of a person's clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_DAY = timedelta(hours=20)
_WEEK = timedelta(days=6)


def moment(at: datetime, now: datetime) -> str:
    """Return the local time: `14:05`, `Sun 14:05`, or with the date when it is far away."""
    local, distance = at.astimezone(), abs(at - now)
    if distance < _DAY:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if distance < _WEEK else f"{local:%Y-%m-%d %H:%M}"
