"""A conflict of a replay climbs the ladder; every rung's output is verified alike.

The cheapest rung comes first, and one tree may hold the answers of several. What is left for a
person stops the landing before anybody is paid for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.operations.landing.climbing.agent import ask_resolver
from wtagents.operations.landing.climbing.candidates import take_candidates
from wtagents.operations.landing.climbing.climb import Attempt, Climb, Resolved
from wtagents.operations.landing.climbing.floor import solve_mechanically
from wtagents.operations.landing.climbing.memory import note_answers, recall_answers
from wtagents.operations.landing.climbing.person import take_answers
from wtagents.operations.landing.climbing.regenerate import regenerate, reserve_generated

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.merging.rebase import ReplayConflict
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.outcome import Refusal


def resolve_conflict(
    landing: Landing, hub: Hub, conflict: ReplayConflict, target_tip: Oid, attempt: Attempt
) -> Resolved | Refusal:
    """Return the tree without the conflict, or why a person has to look at it."""
    climbing = Climb(landing, hub, conflict, target_tip)
    take_answers(climbing)
    reserve_generated(climbing)
    recall_answers(climbing)
    solve_mechanically(climbing)
    refusal = (_go_on(climbing, attempt) if climbing.left else None) or regenerate(climbing)
    if refusal:
        return refusal
    note_answers(climbing)
    return climbing.resolved()


def _go_on(climbing: Climb, attempt: Attempt) -> Refusal | None:
    if attempt.choice is not None:
        return take_candidates(climbing, attempt.choice)
    return ask_resolver(climbing, attempt)
