"""Liveness: what a run is called, derived from evidence with reasons and ages, never stored.

A stale heartbeat or a silent agent is a suspicion that gets a name, never a reason to destroy.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import Phase

if TYPE_CHECKING:
    from wtagents.core.snapshot import RunFacts

HEARTBEAT_SECONDS = 1.0
"""How often a runner touches its heartbeat."""
HEARTBEAT_SUSPECT_SECONDS = 15.0
"""At least four missed beats on a loaded machine (kubelet's ratio of lease to suspicion)."""


class Liveness(StrEnum):
    """What a live run is called."""

    STARTING = "starting"
    WORKING = "working"
    WAITING = "waiting"
    QUIET = "quiet"
    STUCK = "stuck"
    LOST = "lost"


@record
class Thresholds:
    """Seconds of silence after which an agent is called quiet, then stuck."""

    quiet_seconds: float = 180.0
    stuck_seconds: float = 900.0


@record
class Verdict:
    """A name with its evidence."""

    liveness: Liveness
    reasons: tuple[str, ...]
    age: float | None
    """Seconds since the agent was last heard of."""


def judge(facts: RunFacts, thresholds: Thresholds) -> Verdict:
    """Name a live run by what its folder and processes say."""
    reasons = _evidence(facts)
    name = _name(facts, thresholds)
    return Verdict(liveness=name, reasons=reasons, age=facts.activity_age)


def _name(facts: RunFacts, thresholds: Thresholds) -> Liveness:
    if facts.claim is None:
        return Liveness.STARTING
    if not facts.runner_alive:
        return Liveness.LOST
    pulse = facts.pulse
    if pulse is None or pulse.phase in (Phase.SETUP, Phase.STARTING):
        return Liveness.STARTING
    if pulse.phase in (Phase.ASKING, Phase.RETRYING, Phase.IDLE):
        return Liveness.WAITING
    silence = facts.activity_age or 0.0
    if silence >= thresholds.stuck_seconds:
        return Liveness.STUCK
    beat = facts.heartbeat_age or 0.0
    if silence >= thresholds.quiet_seconds or beat >= HEARTBEAT_SUSPECT_SECONDS:
        return Liveness.QUIET
    return Liveness.WORKING


def _evidence(facts: RunFacts) -> tuple[str, ...]:
    lines = []
    if facts.claim is None:
        lines.append("no runner has claimed the run yet")
    else:
        state = "alive" if facts.runner_alive else "gone without an exit record"
        lines.append(f"runner {facts.claim.pid} is {state}")
    if facts.heartbeat_age is not None:
        lines.append(f"last heartbeat {facts.heartbeat_age:.0f} s ago")
    if facts.claim is not None and facts.pulse is not None:
        lines.append("agent process is alive" if facts.agent_alive else "agent process is gone")
        lines.append(f"phase {facts.pulse.phase}: {facts.pulse.doing or 'nothing named'}")
    if facts.activity_age is not None:
        lines.append(f"last output of the agent {facts.activity_age:.0f} s ago")
    return tuple(lines)
