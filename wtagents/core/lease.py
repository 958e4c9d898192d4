"""Leases: who may act in a role now. A stale holder's action is refused by its epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.run import ProcessIdentity

SUPERVISOR = "supervisor"
MERGER = "merger"


@record
class Lease:
    """One row of `lease`."""

    name: str
    holder: ProcessIdentity
    epoch: int
    """Grows with every new holder."""
    expires_at: datetime

    def expired(self, now: datetime) -> bool:
        """Whether it has run out by this time."""
        return now >= self.expires_at
