"""Which landings no gate has looked at since they are on the target: said by events alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wtagents.core.events import EventKind
from wtagents.store.columns import optional_text
from wtagents.store.events import add_event
from wtagents.store.merges import merge_request_by_id

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from wtagents.core.ids import BranchName
    from wtagents.core.landing.merge import MergeRequest
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


def note_checked(
    db: Database, seen: dict[BranchName, str], blamed: dict[BranchName, int], at: datetime
) -> None:
    """Record a look at targets, each with the gate that is red on it, or ''.

    `blamed` are the tasks since whose landing it is. What is known of other targets stays, and so
    does who is to blame for one that is red still.
    """
    last = _last_known(db)
    red = {**last.get("red", {}), **seen}
    red = {target: shell for target, shell in red.items() if shell}
    tasks = {**last.get("blamed", {}), **blamed}
    tasks = {target: task_id for target, task_id in tasks.items() if target in red}
    add_event(db, EventKind.TARGET_CHECKED, at=at, data={"red": red, "blamed": tasks})


def red_since(db: Database, *, until: datetime | None = None) -> dict[int, str]:
    """Return the tasks since whose landing a gate is red on their target, with that gate.

    With `until` as it was known at a moment.
    """
    last = _last_known(db, until)
    return {task_id: last["red"][target] for target, task_id in last.get("blamed", {}).items()}


def red_target(db: Database, target: BranchName) -> str:
    """Return the gate that was red on a target at the last look, or ''."""
    return str(_last_known(db).get("red", {}).get(target, ""))


def _last_known(db: Database, until: datetime | None = None) -> dict[str, Any]:
    row = _last_look(db, until)
    known: dict[str, Any] = {} if row is None else json.loads(row["data"])
    return known


def _last_look(db: Database, until: datetime | None = None) -> sqlite3.Row | None:
    when = "" if until is None else " AND at <= :until"
    return db.row(
        f"SELECT id, data FROM event WHERE kind = :kind{when} ORDER BY id DESC LIMIT 1",  # noqa: S608
        {"kind": EventKind.TARGET_CHECKED, "until": optional_text(until)},
    )
