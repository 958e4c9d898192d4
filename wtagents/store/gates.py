"""What gates said: of a tree, so that nobody asks twice, and lately, so that batches fit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.ids import Oid
from wtagents.core.landing.merge import GateResult, MergeState, Rejection
from wtagents.core.record import record
from wtagents.store.columns import parse_gates, text_of_time
from wtagents.store.events import add_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wtagents.store.database import Database

KEPT_VERDICTS = 2000
_ALWAYS = "9999"
"""Later than any time, as text."""
_VERIFIED = "gates <> '[]' AND (state = :merged OR rejection IN (:red, :late))"
_ENDS = {"merged": MergeState.MERGED, "red": Rejection.GATE_RED, "late": Rejection.GATE_TIMEOUT}


@record
class Measures:
    """How landings went lately in this repository."""

    landed: tuple[bool, ...]
    """Of the last verified ones, oldest first: whether the gates let it pass."""
    gate_seconds: float | None
    """Median time of all gates together; None before the first."""
    flakes: int
    """How often a gate was red, then green, on the same tree."""


def remember_verdicts(
    db: Database, tree: Oid, environment: str, results: Sequence[GateResult], *, at: datetime
) -> None:
    """Keep what gates said of a tree; the oldest ones are forgotten."""
    for result in results:
        db.change(
            "INSERT OR REPLACE INTO gate_verdict VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                tree,
                result.command,
                environment,
                int(result.passed),
                result.seconds,
                result.log,
                result.tail,
                text_of_time(at),
            ),
        )
    db.change(
        "DELETE FROM gate_verdict WHERE at < (SELECT at FROM gate_verdict ORDER BY at DESC"
        " LIMIT 1 OFFSET ?)",
        (KEPT_VERDICTS,),
    )


def recall_verdicts(
    db: Database, tree: Oid, environment: str, commands: Sequence[str], *, red_since: datetime
) -> tuple[GateResult, ...] | None:
    """Return what the gates said of a tree, up to the first red one; None when one is missing.

    A red verdict counts only since a time: who asks again later wants the gate to run again.
    """
    found: list[GateResult] = []
    for command in commands:
        row = db.row(
            "SELECT * FROM gate_verdict WHERE tree = ? AND command = ? AND environment = ?",
            (tree, command, environment),
        )
        if row is None:
            return None
        at = datetime.fromisoformat(row["at"])
        result = GateResult(
            command=command,
            passed=bool(row["passed"]),
            seconds=row["seconds"],
            log=row["log"],
            tail=row["tail"],
            cached_from=at,
        )
        if not result.passed and at < red_since:
            return None
        found.append(result)
        if not result.passed:
            break
    return tuple(found)


def record_flake(db: Database, gate: str, tree: Oid, log: str, *, at: datetime) -> None:
    """Note that a gate was red and then green on the same tree; nobody is blamed."""
    add_event(db, EventKind.GATE_FLAKED, at=at, data={"gate": gate, "tree": tree, "log": log})


def landing_measures(db: Database, *, recent: int, until: datetime | None = None) -> Measures:
    """Measure the last verified landings, or those that were the last ones at a moment."""
    before = {"until": text_of_time(until) if until is not None else _ALWAYS}
    rows = db.rows(
        f"SELECT state, gates FROM merge_request WHERE {_VERIFIED} AND changed_at <= :until"  # noqa: S608
        " ORDER BY changed_at DESC, id DESC LIMIT :recent",
        {**_ENDS, **before, "recent": recent},
    )
    times = sorted(
        sum(gate.seconds for gate in gates)
        for gates in (parse_gates(row["gates"]) for row in rows)
        if all(gate.passed for gate in gates)
    )
    flaked = db.row(
        "SELECT count(*) FROM event WHERE kind = :kind AND at <= :until",
        {"kind": EventKind.GATE_FLAKED, **before},
    )
    return Measures(
        landed=tuple(row["state"] == MergeState.MERGED for row in reversed(rows)),
        gate_seconds=times[len(times) // 2] if times else None,
        flakes=flaked[0] if flaked is not None else 0,
    )


def flaky_gates(db: Database, *, until: datetime | None = None) -> list[tuple[str, int]]:
    """Return the gates that were red for no reason, with how often; the worst first."""
    rows = db.rows(
        "SELECT json_extract(data, '$.gate') AS gate, count(*) AS times FROM event"
        " WHERE kind = ? AND at <= ? GROUP BY gate ORDER BY times DESC, gate",
        (EventKind.GATE_FLAKED, text_of_time(until) if until is not None else _ALWAYS),
    )
    return [(row["gate"], row["times"]) for row in rows]


def recall_clashes(db: Database) -> dict[tuple[Oid, Oid], bool]:
    """Return which pairs were merged before, and whether they clash."""
    rows = db.rows("SELECT first, second, clashes FROM clash")
    return {(Oid(row["first"]), Oid(row["second"])): bool(row["clashes"]) for row in rows}


def remember_clashes(
    db: Database, found: Mapping[tuple[Oid, Oid], bool], *, at: datetime, kept: int = 5000
) -> None:
    """Keep which pairs clash; the oldest are forgotten."""
    for (first, second), clashes in found.items():
        db.change(
            "INSERT OR REPLACE INTO clash VALUES (?, ?, ?, ?)",
            (first, second, int(clashes), text_of_time(at)),
        )
    db.change(
        "DELETE FROM clash WHERE at < (SELECT at FROM clash ORDER BY at DESC LIMIT 1 OFFSET ?)",
        (kept,),
    )
