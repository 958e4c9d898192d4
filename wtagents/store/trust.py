"""Trust: which content of a configuration file may bring commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.store.database import Database


def trusted_hash(db: Database, path: Path) -> str | None:
    """Return the hash that a person trusted last for this file."""
    row = db.row("SELECT digest FROM trust WHERE path = ?", (str(path),))
    return None if row is None else str(row["digest"])


def record_trust(db: Database, path: Path, digest: str, at: datetime) -> None:
    """Record that a person trusts this content of the file; it replaces the one before."""
    db.change(
        "INSERT OR REPLACE INTO trust VALUES (?, ?, ?)", (str(path), digest, text_of_time(at))
    )
    data = {"path": str(path), "digest": digest}
    add_event(db, EventKind.COMMANDS_TRUSTED, at=at, data=data)
