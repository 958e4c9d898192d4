"""What the ladder is asked and what it answers as a program: one JSON object a line, in order.

Only the program reads questions and only its parent reads answers. Whatever an answer holds besides
is passed over; one that cannot be an answer is a ValueError.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from wtagents.core.landing.resolution import ConflictText, Dropped, Side
from wtagents.core.landing.rung import Rung
from wtagents.core.record import record, values_of
from wtagents.ladder.outcome import LeftAlone, Merged, Solved

if TYPE_CHECKING:
    from collections.abc import Sequence

Reply: TypeAlias = "tuple[Merged, ...] | Lost | LeftAlone"


@record
class Question:
    """One conflicted file."""

    conflict: ConflictText
    candidates: int = 0
    """How many files that keep both changes are wanted; 0: the one that the ladder is sure of."""
    is_test: bool = False
    """Whether a candidate must declare what each side added."""
    proposed: str | None = None
    """Somebody's answer: what it no longer declares is wanted, and no file."""


@record
class Lost:
    """What is wrong with the declarations of a proposed file; nothing where all is well."""

    details: tuple[str, ...]


def question_line(question: Question) -> bytes:
    """Return the line that asks."""
    return _line(values_of(question) | {"conflict": values_of(question.conflict)})


def parse_question(line: bytes) -> Question:
    """Return what is asked."""
    found = json.loads(line)
    return Question(**found | {"conflict": ConflictText(**found["conflict"])})


def reply_line(reply: Reply) -> bytes:
    """Return the line that answers."""
    if isinstance(reply, LeftAlone):
        return _line({"why": reply.why})
    if isinstance(reply, Lost):
        return _line({"lost": reply.details})
    return _line({"merged": [_fields(merged) for merged in reply]})


def parse_reply(conflict: ConflictText, line: bytes) -> Reply:
    """Return the answer. Raises ValueError for a line that is none."""
    try:
        found = json.loads(line)
        if "why" in found:
            return LeftAlone(why=_text(found["why"]))
        if "lost" in found:
            return Lost(details=tuple(map(_text, found["lost"])))
        return tuple(_merged(conflict.path, fields) for fields in found["merged"])
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"no answer: {error}") from error


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode("ascii") + b"\n"


def _fields(merged: Merged) -> dict[str, Any]:
    return {
        "text": merged.text,
        "rungs": [(solved.hunk, solved.rung, solved.rule) for solved in merged.rungs],
        "superseded": _drop_fields(merged.superseded),
        "dropped": _drop_fields(merged.dropped),
    }


def _drop_fields(drops: Sequence[Dropped]) -> list[tuple[str, str, str]]:
    return [(drop.line, drop.side, drop.reason) for drop in drops]


def _merged(path: str, fields: Any) -> Merged:
    return Merged(
        text=_text(fields["text"]),
        rungs=tuple(
            Solved(hunk=int(hunk), rung=Rung(rung), rule=_text(rule))
            for hunk, rung, rule in fields["rungs"]
        ),
        superseded=_drops(path, fields["superseded"]),
        dropped=_drops(path, fields["dropped"]),
    )


def _drops(path: str, found: Any) -> tuple[Dropped, ...]:
    return tuple(
        Dropped(path=path, line=_text(line), side=Side(side), reason=_text(reason))
        for line, side, reason in found
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
