"""Runs: at most one that lives per task, so many in the repository, of a model, of a profile."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import RunId
from wtagents.core.lifecycle import LIVE_RUN_STATES, run_sources
from wtagents.core.record import field_names, record
from wtagents.core.run import Exit, ExitReason, ProcessIdentity, Purpose, Run, RunState, Usage
from wtagents.core.run_json import exit_value, identity_value, parse_exit, parse_identity
from wtagents.core.tending.budget import Amount
from wtagents.store.columns import ROWS, among, dump, optional_text, optional_time, text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from typing import NotRequired, TypedDict, Unpack

    from wtagents.store.database import Database

    class NewRun(TypedDict):
        """One life of an agent that is about to begin."""

        run_id: RunId
        task_id: int
        session_id: str
        resumes: bool
        prompt: str
        account: NotRequired[str]
        model: NotRequired[str]
        purpose: NotRequired[Purpose]
        allowance_usd: NotRequired[float | None]
        allowance_tokens: NotRequired[int | None]

    class RunChanges(TypedDict, total=False):
        """What a move may set; whatever is left out stays."""

        exit: Exit
        runner: ProcessIdentity
        stop_deadline: datetime


_UNTOLD = {
    "account": "",
    "model": "",
    "purpose": Purpose.WORK,
    "allowance_usd": None,
    "allowance_tokens": None,
}
_LIVE = dump(sorted(LIVE_RUN_STATES))


def add_run(
    db: Database,
    *,
    at: datetime,
    capacity: int,
    per_model: int | None = None,
    per_profile: int | None = None,
    **new: Unpack[NewRun],
) -> Run | None:
    """Record a run as starting; None when the task has a live one or no place is free."""
    row = db.change(
        "INSERT INTO run (id, task_id, number, state, session_id, resumes, prompt, created_at,"
        "  account, model, purpose, allowance_usd, allowance_tokens)"
        " SELECT :run_id, :task_id,"
        "  (SELECT coalesce(max(number), 0) + 1 FROM run WHERE task_id = :task_id),"
        "  :state, :session_id, :resumes, :prompt, :now, :account, :model, :purpose,"
        "  :allowance_usd, :allowance_tokens"
        " WHERE (SELECT count(*) FROM run WHERE state IN (SELECT value FROM json_each(:live)))"
        "  < :capacity AND NOT EXISTS (SELECT 1 FROM run WHERE task_id = :task_id"
        "  AND state IN (SELECT value FROM json_each(:live)))"
        " AND (:per_model IS NULL OR (SELECT count(*) FROM run WHERE model = :model"
        "  AND state IN (SELECT value FROM json_each(:live))) < :per_model)"
        " AND (:per_profile IS NULL OR (SELECT count(*) FROM run JOIN task ON task.id = task_id"
        "  WHERE json_extract(agent, '$.profile') = (SELECT json_extract(agent, '$.profile')"
        "  FROM task WHERE id = :task_id)"
        "  AND run.state IN (SELECT value FROM json_each(:live))) < :per_profile) RETURNING *",
        _UNTOLD
        | new
        | {
            "state": RunState.STARTING,
            "now": text_of_time(at),
            "live": _LIVE,
            "capacity": capacity,
            "per_model": per_model,
            "per_profile": per_profile,
        },
    )
    if row is None:
        return None
    run = _run(row)
    data = {"number": run.number, "session_id": run.session_id, "resumes": run.resumes}
    add_event(db, EventKind.RUN_ADDED, at=at, task_id=run.task_id, run_id=run.id, data=data)
    return run


def run_by_id(db: Database, run_id: str) -> Run | None:
    """Return a run."""
    row = db.row("SELECT * FROM run WHERE id = ?", (run_id,))
    return None if row is None else _run(row)


def live_runs(db: Database) -> list[Run]:
    """Return the runs that have not ended, oldest first."""
    rows = db.rows(
        "SELECT * FROM run WHERE state IN (SELECT value FROM json_each(?))"
        " ORDER BY created_at, task_id",
        (_LIVE,),
    )
    return [_run(row) for row in rows]


def live_models(db: Database) -> tuple[str, ...]:
    """Return the model of each live run."""
    rows = db.rows(
        "SELECT model FROM run WHERE state IN (SELECT value FROM json_each(?))", (_LIVE,)
    )
    return tuple(row["model"] for row in rows)


def count_of_live_runs(db: Database) -> int:
    """Return how many runs have not ended."""
    return len(live_models(db))


def live_profiles(db: Database) -> tuple[str, ...]:
    """Return the resource profile of each live run whose task has one."""
    rows = db.rows(
        "SELECT json_extract(agent, '$.profile') AS profile FROM run"
        " JOIN task ON task.id = task_id WHERE profile NOT NULL"
        " AND run.state IN (SELECT value FROM json_each(?))",
        (_LIVE,),
    )
    return tuple(row["profile"] for row in rows)


def runs_of(db: Database, task_id: int) -> list[Run]:
    """Return the runs of a task, first to last."""
    rows = db.rows("SELECT * FROM run WHERE task_id = ? ORDER BY number", (task_id,))
    return [_run(row) for row in rows]


def runs_until(db: Database, at: datetime) -> list[Run]:
    """Return every run that had begun by a moment, as it is now, first to last of each task."""
    sql = "SELECT * FROM run WHERE created_at <= ? ORDER BY task_id, number"
    return [_run(row) for row in db.rows(sql, (text_of_time(at),))]


def tasks_of_runs(db: Database, run_ids: Iterable[str]) -> dict[str, int]:
    """Return the task of each of the runs that is known."""
    rows = db.rows(
        "SELECT id, task_id FROM run WHERE id IN (SELECT value FROM json_each(?))",
        (dump(sorted(run_ids)),),
    )
    return {row["id"]: row["task_id"] for row in rows}


def latest_run(db: Database, task_id: int) -> Run | None:
    """Return the last run of a task."""
    row = db.row("SELECT * FROM run WHERE task_id = ? ORDER BY number DESC LIMIT 1", (task_id,))
    return None if row is None else _run(row)


def latest_runs(db: Database, ids: Iterable[int] | None = None) -> dict[int, Run]:
    """Return the last run of each task whose name is taken, or of some of them, by task id."""
    which, parameters = among("task.id", ids)
    rows = db.rows(
        "SELECT run.* FROM task JOIN run ON run.task_id = task.id AND run.number ="  # noqa: S608
        " (SELECT max(number) FROM run AS other WHERE other.task_id = task.id)"
        f" WHERE task.removed_at IS NULL{which}",
        parameters,
    )
    return {row["task_id"]: _run(row) for row in rows}


@record
class LatestEnd:
    """How the last run of a task that has ended did so."""

    task_id: int
    model: str
    reason: ExitReason
    at: datetime
    stands: bool
    """Whether the task rests or pauses because of it; also while a later run lives."""
    live: bool
    """Whether a later run lives."""


_STANDS = "(task.reason IS NOT NULL OR task.state = 'active')"


def latest_ends(db: Database, *, only_standing: bool = False) -> list[LatestEnd]:
    """Return the last end of each task whose name is taken, or only of those where it stands."""
    which = f" AND {_STANDS}" if only_standing else ""
    rows = db.rows(
        "SELECT run.task_id, run.model, run.ended_at,"  # noqa: S608
        f" json_extract(run.exit, '$.reason') AS why, {_STANDS} AS stands,"
        " EXISTS (SELECT 1 FROM run AS later WHERE later.task_id = task.id"
        "  AND later.number > run.number) AS live"
        " FROM task JOIN run ON run.task_id = task.id AND run.number = (SELECT max(number)"
        "  FROM run AS ended WHERE ended.task_id = task.id AND ended.exit IS NOT NULL)"
        f" WHERE task.removed_at IS NULL{which} ORDER BY task.id"
    )
    return [
        LatestEnd(
            task_id=row["task_id"],
            model=row["model"],
            reason=ExitReason(row["why"]),
            at=datetime.fromisoformat(row["ended_at"]),
            stands=bool(row["stands"]),
            live=bool(row["live"]),
        )
        for row in rows
    ]


def usage_of_ended_runs(db: Database, ids: Iterable[int] | None = None) -> dict[int, Usage]:
    """Return what the ended runs of each task used in all, by id of the tasks with a name.

    Model and context window are those of the last one.
    """
    which, parameters = among("task.id", ids)
    rows = db.rows(
        "SELECT task_id, max(number),"  # noqa: S608
        " sum(json_extract(exit, '$.usage.cost_usd')) AS cost_usd,"
        " sum(json_extract(exit, '$.usage.input_tokens')) AS input_tokens,"
        " sum(json_extract(exit, '$.usage.output_tokens')) AS output_tokens,"
        " sum(json_extract(exit, '$.usage.turns')) AS turns,"
        " json_extract(exit, '$.usage.context_tokens') AS context_tokens,"
        " json_extract(exit, '$.usage.context_window') AS context_window,"
        " json_extract(exit, '$.usage.model') AS model"
        " FROM run JOIN task ON task.id = run.task_id AND task.removed_at IS NULL"
        f" WHERE exit IS NOT NULL{which} GROUP BY task_id",
        parameters,
    )
    names = field_names(Usage)
    return {row["task_id"]: Usage(**{name: row[name] for name in names}) for row in rows}


def cost_of_ended_runs(db: Database, *, since: datetime) -> float:
    """Return what the runs that ended since a moment have cost in all, in US dollars."""
    row = db.row(
        "SELECT sum(json_extract(exit, '$.usage.cost_usd')) AS cost FROM run WHERE ended_at >= ?",
        (text_of_time(since),),
    )
    return float(row["cost"] or 0.0) if row is not None else 0.0


def move_run(
    db: Database, run_id: str, to: RunState, *, at: datetime, **changes: Unpack[RunChanges]
) -> Run | None:
    """Move a run on, if it still is where the move starts; None when somebody was faster."""
    before = run_by_id(db, run_id)
    end, runner = changes.get("exit"), changes.get("runner")
    row = db.change(
        "UPDATE run SET state = :to, exit = coalesce(:exit, exit),"
        " runner = coalesce(:runner, runner),"
        " stop_deadline = coalesce(:stop_deadline, stop_deadline),"
        " ended_at = coalesce(:ended_at, ended_at)"
        " WHERE id = :id AND state IN (SELECT value FROM json_each(:sources)) RETURNING *",
        {
            "id": run_id,
            "to": to,
            "sources": dump(run_sources(to)),
            "exit": None if end is None else dump(exit_value(end)),
            "runner": None if runner is None else dump(identity_value(runner)),
            "stop_deadline": optional_text(changes.get("stop_deadline")),
            "ended_at": None if to in LIVE_RUN_STATES else text_of_time(end.at if end else at),
        },
    )
    if row is None or before is None:
        return None
    run = _run(row)
    data: dict[str, str] = {"from": before.state, "to": to}
    if end is not None:
        data |= {"reason": end.reason, "detail": end.detail}
    add_event(db, EventKind.RUN_MOVED, at=at, task_id=run.task_id, run_id=run.id, data=data)
    return run


@lru_cache(maxsize=ROWS)
def _run(row: sqlite3.Row) -> Run:
    return Run(
        id=RunId(row["id"]),
        task_id=row["task_id"],
        number=row["number"],
        state=RunState(row["state"]),
        session_id=row["session_id"],
        resumes=bool(row["resumes"]),
        prompt=row["prompt"],
        runner=None if row["runner"] is None else parse_identity(json.loads(row["runner"])),
        created_at=datetime.fromisoformat(row["created_at"]),
        ended_at=optional_time(row["ended_at"]),
        stop_deadline=optional_time(row["stop_deadline"]),
        exit=None if row["exit"] is None else parse_exit(json.loads(row["exit"])),
        account=row["account"],
        model=row["model"],
        purpose=Purpose(row["purpose"]),
        allowance=Amount(usd=row["allowance_usd"], tokens=row["allowance_tokens"]),
    )
