"""A fork: a task that began as a copy of another one, files and conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.ids import Oid


@record
class Fork:
    """Where a task began."""

    task_id: int
    source_id: int
    checkpoint: Oid
    """Commit of the hub with the files."""
    head: Oid
    """What its branch began at."""
    session_id: str
    """The conversation that it goes on with as a copy; '' for one of its own."""
    message: str
    """The agent's last message that is carried over; '' for all of them."""
