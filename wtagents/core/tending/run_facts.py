"""What the folder and the processes of one run say at one moment: the evidence of its liveness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.tending.trail import Trail

if TYPE_CHECKING:
    from wtagents.core.message import Taken
    from wtagents.core.run import Exit, ProcessIdentity, Pulse


@record
class RunFacts:
    """What the folder and the processes of one run say."""

    claim: ProcessIdentity | None
    """Who claimed the run; None while no runner has."""
    told_to_stop: bool
    """Whether the runner was told to stop its agent."""
    barred: bool
    """Whether the claim is given away to nobody, so that no runner can take it any more."""
    runner_alive: bool
    agent_alive: bool
    heartbeat_age: float | None
    """Seconds since the runner's last heartbeat."""
    activity_age: float | None
    """Seconds since the agent last wrote to its stream."""
    pulse: Pulse | None
    exit: Exit | None
    posted: frozenset[int]
    """Messages in the inbox."""
    taken: tuple[Taken, ...]
    trail: Trail = Trail()
    """What its worktree has been."""
