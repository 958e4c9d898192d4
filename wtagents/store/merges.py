"""Merge requests: at most one that lives per task."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.events import EventKind
from wtagents.core.ids import BranchName, Oid
from wtagents.core.landing.merge import (
    GateResult,
    Hold,
    MergeRequest,
    MergeState,
    Rejection,
    Resolution,
)
from wtagents.core.lifecycle import LIVE_MERGE_STATES, merge_sources
from wtagents.core.record import replace
from wtagents.store.columns import (
    among,
    dump,
    dump_gates,
    dump_holds,
    dump_resolutions,
    parse_gates,
    parse_holds,
    parse_resolutions,
    text_of_time,
)
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import TypedDict, Unpack

    from wtagents.store.database import Database

    class MergeChanges(TypedDict, total=False):
        """What a move may set; whatever is left out stays."""

        source: Oid | None
        onto: Oid | None
        candidate: Oid | None
        rejection: Rejection | None
        detail: str
        hint: str
        attempts: int
        superseded: int
        resolutions: tuple[Resolution, ...]
        gates: tuple[GateResult, ...]
        patch: str
        batch: int | None
        place: int | None
        holds: tuple[Hold, ...]


_LIVE = dump(sorted(LIVE_MERGE_STATES))


def add_merge_request(
    db: Database,
    *,
    task_id: int,
    target: BranchName,
    squash: bool,
    skip_gate: bool,
    at: datetime,
    approves: int | None = None,
) -> MergeRequest:
    """Record the wish to land a task; `approves` is a held request that a person has looked at.

    Raises StateError when one waits already.
    """
    if live_merge_request(db, task_id) is not None:
        raise StateError("the task is waiting to land already", hint="see how far: wta status")
    row = db.change(
        "INSERT INTO merge_request (task_id, state, target, squash, skip_gate, detail, hint,"
        " attempts, resolutions, gates, approves, created_at, changed_at)"
        " VALUES (:task_id, :state, :target, :squash, :skip_gate, '', '', 0, '[]', '[]',"
        " :approves, :now, :now) RETURNING *",
        {
            "task_id": task_id,
            "state": MergeState.WAITING,
            "target": target,
            "squash": squash,
            "skip_gate": skip_gate,
            "approves": approves,
            "now": text_of_time(at),
        },
    )
    if row is None:
        raise LookupError("INSERT … RETURNING gave no row")
    request = _request(row)
    data: dict[str, object] = {"target": target, "squash": squash, "skip_gate": skip_gate}
    if approves is not None:
        data["approves"] = approves
    add_event(db, EventKind.MERGE_REQUESTED, at=at, task_id=task_id, merge_id=request.id, data=data)
    return request


def merge_request_by_id(db: Database, request_id: int) -> MergeRequest | None:
    """Return a merge request."""
    row = db.row("SELECT * FROM merge_request WHERE id = ?", (request_id,))
    return None if row is None else _request(row)


def live_merge_requests(db: Database) -> list[MergeRequest]:
    """Return the queue: merge requests that have not ended, oldest first."""
    rows = db.rows(
        "SELECT * FROM merge_request WHERE state IN (SELECT value FROM json_each(?)) ORDER BY id",
        (_LIVE,),
    )
    return [_request(row) for row in rows]


def live_merge_request(db: Database, task_id: int) -> MergeRequest | None:
    """Return the merge request of a task that has not ended."""
    latest = latest_merge_request(db, task_id)
    return latest if latest is not None and latest.state in LIVE_MERGE_STATES else None


def merge_requests(db: Database) -> list[MergeRequest]:
    """Return every merge request there ever was, oldest first."""
    return [_request(row) for row in db.rows("SELECT * FROM merge_request ORDER BY id")]


def recent_merge_requests(db: Database, limit: int) -> list[MergeRequest]:
    """Return the merge requests that changed last, latest first."""
    rows = db.rows(
        "SELECT * FROM merge_request ORDER BY changed_at DESC, id DESC LIMIT ?", (limit,)
    )
    return [_request(row) for row in rows]


def forget_gate_verdicts(db: Database, logs: Iterable[str]) -> None:
    """Forget what gates said whose logs are gone: the gate runs again."""
    db.change(
        "DELETE FROM gate_verdict WHERE log IN (SELECT value FROM json_each(?))",
        (dump(sorted(logs)),),
    )


def latest_merge_request(db: Database, task_id: int) -> MergeRequest | None:
    """Return the last merge request of a task."""
    row = db.row(
        "SELECT * FROM merge_request WHERE task_id = ? ORDER BY id DESC LIMIT 1", (task_id,)
    )
    return None if row is None else _request(row)


def last_landing(db: Database, task_id: int) -> MergeRequest | None:
    """Return the last merge request of a task that landed."""
    row = db.row(
        "SELECT * FROM merge_request WHERE task_id = ? AND state = 'merged'"
        " ORDER BY id DESC LIMIT 1",
        (task_id,),
    )
    return None if row is None else _request(row)


def latest_merge_requests(
    db: Database, ids: Iterable[int] | None = None
) -> dict[int, MergeRequest]:
    """Return the last merge request of each task with a name, or of some of them, by task id."""
    which, parameters = among("task.id", ids)
    rows = db.rows(
        "SELECT * FROM merge_request WHERE id IN"  # noqa: S608
        " (SELECT max(merge_request.id) FROM merge_request JOIN task ON task.id = task_id"
        f" WHERE task.removed_at IS NULL{which} GROUP BY task_id)",
        parameters,
    )
    return {row["task_id"]: _request(row) for row in rows}


def move_merge_request(
    db: Database, request_id: int, to: MergeState, *, at: datetime, **changes: Unpack[MergeChanges]
) -> MergeRequest | None:
    """Move a merge request on, if it still is where the move starts; None when it is not."""
    before = merge_request_by_id(db, request_id)
    if before is None:
        return None
    after = replace(before, state=to, changed_at=at, **changes)
    row = db.change(
        "UPDATE merge_request SET state = :to, source = :source, onto = :onto,"
        " candidate = :candidate, rejection = :rejection, detail = :detail, hint = :hint,"
        " attempts = :attempts, superseded = :superseded, resolutions = :resolutions,"
        " gates = :gates, patch = :patch, batch = :batch, place = :place, holds = :holds,"
        " changed_at = :now"
        " WHERE id = :id AND state IN (SELECT value FROM json_each(:sources)) RETURNING id",
        {
            "id": request_id,
            "to": to,
            "sources": dump(merge_sources(to)),
            "source": after.source,
            "onto": after.onto,
            "candidate": after.candidate,
            "rejection": after.rejection,
            "detail": after.detail,
            "hint": after.hint,
            "attempts": after.attempts,
            "superseded": after.superseded,
            "resolutions": dump_resolutions(after.resolutions),
            "gates": dump_gates(after.gates),
            "patch": after.patch,
            "batch": after.batch,
            "place": after.place,
            "holds": dump_holds(after.holds),
            "now": text_of_time(at),
        },
    )
    if row is None:
        return None
    add_event(
        db,
        EventKind.MERGE_MOVED,
        at=at,
        task_id=after.task_id,
        merge_id=request_id,
        data={
            "from": before.state,
            "to": to,
            "rejection": after.rejection,
            "detail": after.detail,
            "hint": after.hint,
            "source": after.source,
            "onto": after.onto,
            "candidate": after.candidate,
            "attempts": after.attempts,
            "superseded": after.superseded,
            "batch": after.batch,
            "place": after.place,
        },
    )
    return after


def _request(row: sqlite3.Row) -> MergeRequest:
    return MergeRequest(
        id=row["id"],
        task_id=row["task_id"],
        state=MergeState(row["state"]),
        target=BranchName(row["target"]),
        squash=bool(row["squash"]),
        skip_gate=bool(row["skip_gate"]),
        source=_optional_oid(row["source"]),
        onto=_optional_oid(row["onto"]),
        candidate=_optional_oid(row["candidate"]),
        rejection=None if row["rejection"] is None else Rejection(row["rejection"]),
        detail=row["detail"],
        hint=row["hint"],
        attempts=row["attempts"],
        superseded=row["superseded"],
        resolutions=parse_resolutions(row["resolutions"]),
        gates=parse_gates(row["gates"]),
        holds=parse_holds(row["holds"]),
        approves=row["approves"],
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
        patch=row["patch"],
        batch=row["batch"],
        place=row["place"],
    )


def _optional_oid(text: str | None) -> Oid | None:
    return None if text is None else Oid(text)
