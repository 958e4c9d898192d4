"""What runs at work are suspected of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import RunId
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.suspicion import Response, Suspicion
from wtagents.store.columns import text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from wtagents.core.tending.suspicion import Respond
    from wtagents.store.database import Database


def suspicions(db: Database) -> dict[str, Suspicion]:
    """Return what is suspected, by run."""
    return {
        row["run_id"]: Suspicion(
            run_id=RunId(row["run_id"]),
            liveness=Liveness(row["liveness"]),
            since=datetime.fromisoformat(row["since"]),
            response=None if row["response"] is None else Response(row["response"]),
            awake=row["awake"],
        )
        for row in db.rows("SELECT * FROM suspicion")
    }


def note_suspicion(
    db: Database, run_id: str, liveness: Liveness | None, at: datetime, *, awake: float
) -> None:
    """Remember a suspicion from now on, or forget it; `awake` is `Snapshot.awake`."""
    db.change("DELETE FROM suspicion WHERE run_id = ?", (run_id,))
    if liveness is not None:
        db.change(
            "INSERT INTO suspicion (run_id, liveness, since, awake) VALUES (?, ?, ?, ?)",
            (run_id, liveness, text_of_time(at), awake),
        )


def note_response(db: Database, done: Respond, at: datetime, *, awake: float) -> bool:
    """Record a step; False when it was taken already or the suspicion is gone."""
    row = db.change(
        "UPDATE suspicion SET response = :response, awake = :awake"
        " WHERE run_id = :run_id AND liveness = :liveness"
        " AND (response IS NULL OR response <> :response) RETURNING run_id",
        {
            "run_id": done.run_id,
            "liveness": done.liveness,
            "response": done.response,
            "awake": awake,
        },
    )
    if row is not None:
        data = {"liveness": done.liveness, "response": done.response, "reasons": list(done.reasons)}
        add_event(
            db,
            EventKind.RUN_SUSPECTED,
            at=at,
            task_id=done.task_id,
            run_id=done.run_id,
            data=data,
        )
    return row is not None
