"""What runs have used, as their ends tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.tending.budget import Spent
from wtagents.store.columns import dump, text_of_time

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from wtagents.store.database import Database

_SUMS = (
    "SELECT coalesce(sum(json_extract(exit, '$.usage.cost_usd')), 0.0) AS usd,"
    " coalesce(sum(json_extract(exit, '$.usage.input_tokens')"
    "  + json_extract(exit, '$.usage.output_tokens')), 0) AS tokens FROM run WHERE exit IS NOT NULL"
)


def spent(db: Database, *, since: datetime | None = None) -> Spent:
    """Return what all runs used that ended since a moment, removed tasks included."""
    if since is None:
        return _spent(db.row(_SUMS))
    return _spent(db.row(f"{_SUMS} AND ended_at >= ?", (text_of_time(since),)))


def spent_by_task(db: Database, task_id: int) -> Spent:
    """Return what the ended runs of a task used."""
    return _spent(db.row(f"{_SUMS} AND task_id = ?", (task_id,)))


def reserved(db: Database) -> Spent:
    """Return what live runs may use."""
    row = db.row(
        "SELECT coalesce(sum(allowance_usd), 0.0) AS usd,"
        " coalesce(sum(allowance_tokens), 0) AS tokens FROM run"
        " WHERE state IN (SELECT value FROM json_each(?))",
        (dump(sorted(LIVE_RUN_STATES)),),
    )
    return _spent(row)


def _spent(row: sqlite3.Row | None) -> Spent:
    return Spent() if row is None else Spent(usd=row["usd"], tokens=row["tokens"])
