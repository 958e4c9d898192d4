"""Leases: one holder per name, an epoch that grows with every new holder."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.lease import Lease
from wtagents.core.record import replace
from wtagents.core.run_json import identity_value, parse_identity
from wtagents.store.columns import dump, text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from wtagents.core.run import ProcessIdentity
    from wtagents.store.database import Database


def _presumed_alive(_holder: ProcessIdentity) -> bool:
    return True


def take_lease(
    db: Database,
    name: str,
    holder: ProcessIdentity,
    at: datetime,
    seconds: float,
    *,
    is_alive: Callable[[ProcessIdentity], bool] = _presumed_alive,
) -> Lease | None:
    """Take a lease that is free, expired, or whose holder is provably gone; None otherwise.

    Who holds it already gets it renewed, with the same epoch.
    """
    expires_at = at + timedelta(seconds=seconds)
    current = lease(db, name)
    if current is not None and not current.expired(at):
        if current.holder == holder:
            return renew_lease(db, current, at, seconds)
        if is_alive(current.holder):
            return None
    epoch = 1 if current is None else current.epoch + 1
    db.change(
        "INSERT INTO lease VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name)"
        " DO UPDATE SET holder = ?2, epoch = ?3, expires_at = ?4",
        (name, dump(identity_value(holder)), epoch, text_of_time(expires_at)),
    )
    data = {"name": name, "epoch": epoch, "pid": holder.pid}
    add_event(db, EventKind.LEASE_TAKEN, at=at, data=data)
    return Lease(name=name, holder=holder, epoch=epoch, expires_at=expires_at)


def renew_lease(db: Database, held: Lease, at: datetime, seconds: float) -> Lease | None:
    """Hold it longer; None when somebody else has taken it since."""
    expires_at = at + timedelta(seconds=seconds)
    return _set_end(db, held, expires_at)


def release_lease(db: Database, held: Lease, at: datetime) -> bool:
    """Give it back; False when it was somebody else's already."""
    return _set_end(db, held, at) is not None


def lease(db: Database, name: str) -> Lease | None:
    """Return the lease as it was last taken, expired or not."""
    row = db.row("SELECT * FROM lease WHERE name = ?", (name,))
    return None if row is None else _lease(row)


def _set_end(db: Database, held: Lease, expires_at: datetime) -> Lease | None:
    row = db.change(
        "UPDATE lease SET expires_at = ? WHERE name = ? AND epoch = ? RETURNING epoch",
        (text_of_time(expires_at), held.name, held.epoch),
    )
    return None if row is None else replace(held, expires_at=expires_at)


def _lease(row: sqlite3.Row) -> Lease:
    return Lease(
        name=row["name"],
        holder=parse_identity(json.loads(row["holder"])),
        epoch=row["epoch"],
        expires_at=datetime.fromisoformat(row["expires_at"]),
    )
