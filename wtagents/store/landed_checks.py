"""Which landings no gate has looked at since they are on the target: said by events alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wtagents.core.events import EventKind
from wtagents.store.events import add_event
from wtagents.store.merges import merge_request_by_id

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from wtagents.core.ids import BranchName
    from wtagents.core.merge import MergeRequest
    from wtagents.store.database import Database


def unchecked_landings(db: Database) -> list[MergeRequest] | None:
    """Return what landed since the last look, in the order of landing; None before the first."""
    last = _last_look(db)
    if last is None:
        return None
    rows = db.rows(
        "SELECT merge_id FROM event WHERE kind = ? AND id > ?"
        " AND json_extract(data, '$.to') = 'merged' ORDER BY id",
        (EventKind.MERGE_MOVED, last["id"]),
    )
    found = (merge_request_by_id(db, row["merge_id"]) for row in rows)
    return [each for each in found if each is not None]


def note_checked(db: Database, red: dict[BranchName, str], at: datetime) -> None:
    """Record a look at everything that has landed; `red` are the targets that a gate failed on."""
    add_event(db, EventKind.TARGET_CHECKED, at=at, data={"red": red})


def red_target(db: Database, target: BranchName) -> str:
    """Return the gate that was red on a target at the last look, or ''."""
    row = _last_look(db)
    data: dict[str, Any] = {} if row is None else json.loads(row["data"])
    return str(data.get("red", {}).get(target, ""))


def _last_look(db: Database) -> sqlite3.Row | None:
    return db.row(
        "SELECT id, data FROM event WHERE kind = ? ORDER BY id DESC LIMIT 1",
        (EventKind.TARGET_CHECKED,),
    )
