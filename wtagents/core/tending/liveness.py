"""Liveness: what a run is called, derived from evidence with reasons and ages, never stored.

A stale heartbeat or a silent agent is a suspicion that gets a name, never a reason to destroy. That
an agent is alive says nothing of its progress: one that goes in circles is called so.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import Phase
from wtagents.core.tending.circles import signs_of_circles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.core.run import Pulse
    from wtagents.core.tending.run_facts import RunFacts

HEARTBEAT_SECONDS = 1.0
"""How often a runner touches its heartbeat."""
HEARTBEAT_SUSPECT_SECONDS = 15.0
"""At least four missed beats on a loaded machine (kubelet's ratio of lease to suspicion)."""
STILL_SECONDS = 20.0
"""Silence from which a runner measures how still its agent is."""
_TRUSTED_SECONDS = STILL_SECONDS + HEARTBEAT_SUSPECT_SECONDS
"""What wall time may add to a silence that the runner has measured: more is a clock that was set,
or a machine that slept."""


class Liveness(StrEnum):
    """What a live run is called."""

    STARTING = "starting"
    WORKING = "working"
    TOOL = "in a tool"
    """A tool runs long, and its processes are at work."""
    ASKING = "asking"
    RETRYING = "retrying"
    """The API failed; the agent program has announced its next try."""
    LIMITED = "limited"
    IDLE = "idle"
    """Its turn has ended."""
    QUIET = "quiet"
    """Nothing is heard: no answer of the model, or a machine too busy for its runner."""
    STUCK = "stuck"
    LOOPING = "looping"
    """It does the same again and again: `core/tending/circles.py`."""
    LOST = "lost"


class Confidence(StrEnum):
    """How much stands behind a name."""

    CERTAIN = "certain"
    """The agent, its runner or the process table says so."""
    LIKELY = "likely"
    """Two pieces of evidence agree."""
    GUESS = "guess"
    """Silence alone."""


@record
class Thresholds:
    """From when on an agent is called quiet, stuck or looping."""

    quiet_seconds: float = 180.0
    stuck_seconds: float = 900.0
    """Seconds of silence."""
    loop_calls: int = 6
    """Equal calls with equal outcomes."""
    loop_returns: int = 3
    """Returns of the files to one and the same state, with nothing new between. One may be a stash
    or a revert, two a comparison with and without a change; each of three rounds was long enough
    for a look in either state."""
    full_requests: int = 25
    """Requests with a nearly full context that brought nothing new. Who finishes there runs the
    checks a few times more and says what was done."""


@record
class Verdict:
    """A name with its evidence."""

    liveness: Liveness
    confidence: Confidence
    reasons: tuple[str, ...]
    age: float | None
    """Seconds of silence without those in which the machine slept; None before the first word."""
    circle: str = ""
    """Why it is called looping."""


def judge(facts: RunFacts, thresholds: Thresholds, now: datetime) -> Verdict:
    """Name a live run by what its folder and processes say."""
    silence = _silence(facts, now)
    pulse, signs = facts.pulse, []
    if pulse is not None:
        signs = list(signs_of_circles(pulse, facts.trail, thresholds))
    proof = next((sign.words for sign in signs if sign.proves), "")
    liveness, confidence = _name(facts, thresholds, silence or 0.0, now, circles=bool(proof))
    circle = proof if liveness is Liveness.LOOPING else ""
    others = (sign.words for sign in signs if sign.words != circle)
    return Verdict(
        liveness=liveness,
        confidence=confidence,
        reasons=(*([circle] if circle else []), *_evidence(facts, silence), *others),
        age=silence,
        circle=circle,
    )


def _silence(facts: RunFacts, now: datetime) -> float | None:
    """Return how long the agent has said nothing.

    Its runner hears it first and knows better than the time of a file: that of a clock that was set
    back is in the future, and the agent would seem to speak until then.
    """
    if facts.activity_age is None:
        return None
    pulse = facts.pulse
    if pulse is None or pulse.still is None:
        return min(facts.activity_age, _TRUSTED_SECONDS)
    since = (now - pulse.at).total_seconds()
    return pulse.still.seconds + min(max(since, 0.0), _TRUSTED_SECONDS)


def _name(
    facts: RunFacts, thresholds: Thresholds, silence: float, now: datetime, *, circles: bool
) -> tuple[Liveness, Confidence]:
    pulse = facts.pulse
    if facts.claim is not None and not facts.runner_alive:
        return Liveness.LOST, Confidence.CERTAIN
    if facts.claim is None or pulse is None or pulse.phase in (Phase.SETUP, Phase.STARTING):
        return Liveness.STARTING, Confidence.CERTAIN
    waits = _wait_of(pulse, now, retries=silence < thresholds.stuck_seconds)
    if waits is not None:
        return waits, Confidence.CERTAIN
    if (facts.heartbeat_age or 0.0) >= HEARTBEAT_SUSPECT_SECONDS:
        return Liveness.QUIET, Confidence.GUESS
    if silence >= thresholds.quiet_seconds:
        return _name_of_silent(pulse, thresholds, silence)
    if circles:
        return Liveness.LOOPING, Confidence.LIKELY
    return Liveness.WORKING, Confidence.CERTAIN


def _wait_of(pulse: Pulse, now: datetime, *, retries: bool) -> Liveness | None:
    """Return what an agent waits for by its own word, or for the checks of its work."""
    if pulse.phase is Phase.ASKING:
        return Liveness.ASKING
    if pulse.limited_until is not None and now < pulse.limited_until:
        return Liveness.LIMITED
    if pulse.phase is Phase.IDLE:
        return Liveness.IDLE
    if pulse.phase is Phase.CHECKING:
        return Liveness.TOOL
    return Liveness.RETRYING if pulse.phase is Phase.RETRYING and retries else None


def _name_of_silent(
    pulse: Pulse, thresholds: Thresholds, silence: float
) -> tuple[Liveness, Confidence]:
    """Name one that says nothing: what its tool does meanwhile decides."""
    still = pulse.still
    if pulse.phase is Phase.TOOL and still is not None:
        if still.idle_seconds < thresholds.stuck_seconds:
            sure = still.idle_seconds < thresholds.quiet_seconds
            return Liveness.TOOL, Confidence.CERTAIN if sure else Confidence.LIKELY
        return Liveness.STUCK, Confidence.LIKELY
    if silence >= thresholds.stuck_seconds:
        return Liveness.STUCK, Confidence.GUESS if still is None else Confidence.LIKELY
    return Liveness.QUIET, Confidence.GUESS


def _evidence(facts: RunFacts, silence: float | None) -> Iterator[str]:
    if facts.claim is None:
        yield "no runner has claimed the run yet"
    else:
        state = "alive" if facts.runner_alive else "gone without an exit record"
        yield f"runner {facts.claim.pid} is {state}"
    if facts.heartbeat_age is not None:
        yield f"last heartbeat {facts.heartbeat_age:.0f} s ago"
    pulse = facts.pulse
    if facts.claim is not None and pulse is not None:
        yield "agent process is alive" if facts.agent_alive else "agent process is gone"
        yield f"phase {pulse.phase}: {pulse.doing or 'nothing named'}"
    if silence is not None:
        yield f"last output of the agent {silence:.0f} s ago"
    still = pulse.still if pulse is not None else None
    if still is not None and still.process:
        idle = still.idle_seconds
        works = "is at work" if idle <= STILL_SECONDS else f"has done nothing for {idle:.0f} s"
        yield f"{still.process} {works}"
