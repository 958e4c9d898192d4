"""What the supervisor does at each turn of the radar: look, and tell those whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.operations.radar.holds import record_holds
from wtagents.operations.radar.look import look_unless_busy
from wtagents.operations.radar.tell import tell

if TYPE_CHECKING:
    from wtagents.operations.context import Context


def watch(context: Context) -> None:
    """Look where something has moved, unless somebody is at it, and tell what is new."""
    seen = look_unless_busy(context)
    if seen is None:
        return
    record_holds(context)
    if context.settings.radar.notify:
        tell(context, seen)
