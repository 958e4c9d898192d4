"""Which rungs a class of conflict may try. Every class that is not here is a person's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.rung import Rung
from wtagents.git.conflicts import ConflictKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.git.conflicts import Conflict

_TEXT = frozenset({Rung.MEMORY, Rung.RULES, Rung.STRUCTURAL, Rung.CANDIDATES, Rung.AGENT})
POLICIES: Mapping[ConflictKind, frozenset[Rung]] = {
    ConflictKind.CONTENT: _TEXT | {Rung.REGENERATE},
    ConflictKind.BOTH_ADDED: _TEXT | {Rung.REGENERATE},
    ConflictKind.BINARY: frozenset({Rung.REGENERATE}),
}


def may_climb(conflict: Conflict, rung: Rung) -> bool:
    """Whether a rung may try it: text rungs ask for text of both sides under the limit."""
    allowed = rung in POLICIES.get(conflict.kind, ())
    return allowed and (conflict.is_resolvable or rung is Rung.REGENERATE)
