"""What is done about an agent that is stuck or goes in circles: step by step, never at one look.

A person is told first. Then, as far as the settings go and one step at a time, the agent is told,
interrupted, and either stopped for a person or begun anew with a fresh conversation; each step gets
time to help. When most agents look like that at once it is the machine or the service, and nothing
is done beyond telling.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import RunState
from wtagents.core.task import Wish
from wtagents.core.tending.liveness import Liveness, Thresholds, judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.core.ids import RunId
    from wtagents.core.tending.liveness import Verdict
    from wtagents.core.tending.snapshot import Snapshot, TaskView

SECOND_LOOK = 30.0
"""Seconds that a suspicion must hold before anything is done about it."""
PATIENCE = 300.0
"""Seconds that each step gets to help."""
SUSPECT = frozenset({Liveness.STUCK, Liveness.LOOPING})

_AT_WORK = frozenset({RunState.STARTING, RunState.RUNNING})
"""A run may be at work for long before anybody has noted that it is."""


class Response(StrEnum):
    """What is done, the gentlest first."""

    NOTIFY = "notify"
    """Say it to the person."""
    NUDGE = "nudge"
    """Say it to the agent, in its running turn."""
    INTERRUPT = "interrupt"
    """End the turn, and say it then."""
    STOP = "stop"
    """Stop the run and park the task for a person, its conversation and files kept."""
    RESTART = "restart"
    """Instead, begin a fresh conversation; counts as a failed attempt, the last one parks it."""


_BEFORE_THE_END = (Response.NOTIFY, Response.NUDGE, Response.INTERRUPT)


@record
class Suspicion:
    """What was seen of one run, and what was done about it."""

    run_id: RunId
    liveness: Liveness
    since: datetime
    response: Response | None
    """The last step that was taken."""
    awake: float
    """`Snapshot.awake` at that step; before any, at the first look."""

    @property
    def gave_up(self) -> bool:
        """Whether its run is to end, and its task to wait for a person."""
        return self.response is Response.STOP


@record
class SuspicionPolicy:
    """How suspicious to be, and how far to go."""

    thresholds: Thresholds = Thresholds()
    furthest: Response = Response.NOTIFY


@record
class NoteSuspicion:
    """Record what a run is suspected of; None: it was nothing."""

    run_id: RunId
    liveness: Liveness | None


@record
class Respond:
    """Take one step about a run."""

    task_id: int
    run_id: RunId
    liveness: Liveness
    response: Response
    reasons: tuple[str, ...]


def plan_responses(
    snapshot: Snapshot, policy: SuspicionPolicy, now: datetime
) -> Iterator[NoteSuspicion | Respond]:
    """Return what to note and to do about the runs at work; nothing when not all are in sight."""
    if not snapshot.is_whole:
        return
    looks = [
        (view, judge(view.run_facts, policy.thresholds, now))
        for view in snapshot.views
        if view.run is not None
        and view.run.state in _AT_WORK
        and view.run_facts is not None
        and view.run_facts.exit is None
    ]
    suspected = sum(verdict.liveness in SUSPECT for _, verdict in looks)
    common = suspected > 1 and 2 * suspected > len(looks)
    for view, verdict in looks:
        if view.task.wish is Wish.WORK and not view.given_up:
            yield from _plan(view, verdict, policy, snapshot.awake, common=common)


def _plan(
    view: TaskView, verdict: Verdict, policy: SuspicionPolicy, awake: float, *, common: bool
) -> Iterator[NoteSuspicion | Respond]:
    known, run = view.suspicion, view.run
    if run is None:
        return
    if verdict.liveness not in SUSPECT:
        if known is not None:
            yield NoteSuspicion(run_id=run.id, liveness=None)
        return
    if known is None or known.liveness is not verdict.liveness:
        yield NoteSuspicion(run_id=run.id, liveness=verdict.liveness)
        return
    response = _next_step(known, policy.furthest, awake - known.awake)
    if response is not None and (response is Response.NOTIFY or not common):
        yield Respond(
            task_id=view.task.id,
            run_id=run.id,
            liveness=verdict.liveness,
            response=response,
            reasons=verdict.reasons,
        )


def _next_step(known: Suspicion, furthest: Response, passed: float) -> Response | None:
    """Return what to do now; `passed` are the seconds in which the last step could help."""
    if known.response is None:
        return Response.NOTIFY if passed >= SECOND_LOOK else None
    if passed < PATIENCE:
        return None
    steps = _steps(furthest)
    later = steps[steps.index(known.response) + 1 :] if known.response in steps else ()
    # One that is stuck hears nothing in its turn.
    heard = (
        step for step in later if step is not Response.NUDGE or known.liveness is Liveness.LOOPING
    )
    return next(heard, None)


def _steps(furthest: Response) -> tuple[Response, ...]:
    """Return the steps up to the last one: a run is stopped for good or begun anew, never both."""
    if furthest in _BEFORE_THE_END:
        return _BEFORE_THE_END[: _BEFORE_THE_END.index(furthest) + 1]
    return (*_BEFORE_THE_END, furthest)
