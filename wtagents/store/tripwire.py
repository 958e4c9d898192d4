"""The repository's fingerprint that was last accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.store.database import Database


def accepted_fingerprint(db: Database) -> str | None:
    """Return the fingerprint as it was handed to `accept_fingerprint`."""
    row = db.row("SELECT content FROM fingerprint")
    return None if row is None else str(row["content"])


def accept_fingerprint(db: Database, content: str, at: datetime) -> None:
    """Record what the repository's configuration and hooks may be from now on."""
    db.change("INSERT OR REPLACE INTO fingerprint VALUES (1, ?, ?)", (content, text_of_time(at)))
    add_event(db, EventKind.FINGERPRINT_ACCEPTED, at=at)
