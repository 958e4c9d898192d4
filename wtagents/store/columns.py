"""Values that SQLite has no type for: times as text, records of core as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wtagents.core.landing.merge import Author, GateResult, Hold, Rejection, Resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.task import AgentKind, AgentSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS = 1024
"""Of a table, how many are not parsed again while nothing in them changes: each tick reads the same
ones, and a record can be shared."""


def text_of_time(at: datetime) -> str:
    """Return a text whose order is the order of time. Raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def optional_text(at: datetime | None) -> str | None:
    """Return the text of a time, NULL for None."""
    return None if at is None else text_of_time(at)


def optional_time(text: str | None) -> datetime | None:
    """Return the time of a text, None for NULL."""
    return None if text is None else datetime.fromisoformat(text)


def dump(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def among(column: str, ids: Iterable[int] | None) -> tuple[str, dict[str, str]]:
    """Return a condition that holds for rows of some ids, with its parameter; None is for all."""
    if ids is None:
        return "", {}
    condition = f" AND {column} IN (SELECT value FROM json_each(:among))"  # noqa: S608
    return condition, {"among": dump(sorted(ids))}


def dump_agent(agent: AgentSpec) -> str:
    """Return the JSON of what was asked of the agent, without what is None."""
    fields = {
        "kind": agent.kind,
        "argv": agent.argv or None,
        "model": agent.model,
        "permission_mode": agent.permission_mode,
        "max_turns": agent.max_turns,
        "budget_usd": agent.budget_usd,
        "timeout_seconds": agent.timeout_seconds,
        "profile": agent.profile,
    }
    return dump({key: value for key, value in fields.items() if value is not None})


def parse_agent(text: str) -> AgentSpec:
    """Read back `dump_agent`."""
    fields = json.loads(text)
    kind, argv = AgentKind(fields.pop("kind")), tuple(fields.pop("argv", ()))
    return AgentSpec(kind=kind, argv=argv, **fields)


def dump_resolutions(resolutions: Iterable[Resolution]) -> str:
    """Return the JSON of what was resolved."""
    return dump([[item.path, item.author, item.dropped, item.rung] for item in resolutions])


def parse_resolutions(text: str) -> tuple[Resolution, ...]:
    """Read back `dump_resolutions`."""
    return tuple(
        Resolution(
            path=path,
            author=Author(author),
            rung=Rung(rung[0]) if rung else _rung_of(Author(author)),
            dropped=tuple(dropped),
        )
        for path, author, dropped, *rung in json.loads(text)
    )


def _rung_of(author: Author) -> Rung:
    """Return the only rung on which an author stood when rows named none."""
    return Rung.PERSON if author is Author.HUMAN else Rung.AGENT


def dump_gates(gates: Iterable[GateResult]) -> str:
    """Return the JSON of what the gates said."""
    return dump(
        [
            [
                gate.command,
                gate.passed,
                gate.seconds,
                gate.log,
                gate.tail,
                text_of_time(gate.cached_from) if gate.cached_from else None,
                gate.is_tests,
            ]
            for gate in gates
        ]
    )


def parse_gates(text: str) -> tuple[GateResult, ...]:
    """Read back `dump_gates`."""
    return tuple(
        GateResult(
            command=command,
            passed=passed,
            seconds=seconds,
            log=log,
            tail=tail,
            cached_from=datetime.fromisoformat(more[0]) if more and more[0] else None,
            is_tests=len(more) > 1 and more[1],
        )
        for command, passed, seconds, log, tail, *more in json.loads(text)
    )


def dump_holds(holds: Iterable[Hold]) -> str:
    """Return the JSON of what a person must look at."""
    return dump([[hold.kind, hold.path, hold.detail, hold.content] for hold in holds])


def parse_holds(text: str) -> tuple[Hold, ...]:
    """Read back `dump_holds`."""
    return tuple(
        Hold(kind=Rejection(kind), path=path, detail=detail, content=content)
        for kind, path, detail, content in json.loads(text)
    )
