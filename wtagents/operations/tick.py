"""One pass of reconciliation: observe, plan, apply, until nothing is left to do.

The same pass runs inside `wta spawn`, in the supervisor and from cron; recovery from a crash is
simply the next one. One failing action never stops the rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault, WtaError
from wtagents.core.events import EventKind
from wtagents.core.record import record
from wtagents.core.tending.admission import AdmissionPolicy
from wtagents.core.tending.reconcile import Policy, plan
from wtagents.core.tending.scale import Scale
from wtagents.core.tending.settle import SettlePolicy
from wtagents.core.tending.suspicion import SuspicionPolicy
from wtagents.operations.apply import apply
from wtagents.operations.observe import observe
from wtagents.operations.surroundings import budget_of
from wtagents.store.events import add_event
from wtagents.system.logs import note

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.core.config.settings import Settings
    from wtagents.core.tending.reconcile import Action
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

_ROUNDS = 8
"""A task needs four: exit noted, settled, queued again, begun. The rest can wait."""


@record
class Tick:
    """What one pass did."""

    applied: int
    failures: tuple[WtaError, ...]
    seen: Snapshot
    """The last look, behind which nothing was left to do, or only what takes longer."""


def policy_of(settings: Settings) -> Policy:
    """Return what the plan needs of the settings."""
    budget = budget_of(settings)
    return Policy(
        admission=AdmissionPolicy(
            scale=Scale(
                least=settings.limits.agents_min,
                most=settings.limits.agents,
                load=settings.limits.load,
                memory_floor=settings.limits.memory_floor,
            ),
            per_model=settings.limits.per_model,
            profiles=settings.agent.profiles,
            budget=budget,
        ),
        settle=SettlePolicy(
            retries=settings.limits.retries,
            first_pause=timedelta(seconds=settings.limits.retry_pause),
            run=budget.run,
            task=budget.task,
            patience=timedelta(seconds=settings.limits.patience),
            rounds=settings.verify.rounds,
            commit_request=settings.limits.commit_request,
        ),
        suspicion=SuspicionPolicy(
            thresholds=settings.limits.thresholds, furthest=settings.limits.response
        ),
    )


def tick(context: Context, *, task_ids: Collection[int] | None = None) -> Tick:
    """Bring the world closer to what is wished, for all tasks or for those named.

    What was done and is planned again takes longer: it is left to the next tick.
    """
    policy = policy_of(context.settings)
    done: set[Action] = set()
    failures: dict[Action, WtaError] = {}
    snapshot = observe(context, task_ids=task_ids)
    for _ in range(_ROUNDS):
        actions = [a for a in plan(snapshot, policy, snapshot.at) if a not in done]
        if not actions:
            break
        done.update(actions)
        for action in actions:
            try:
                apply(action, context)
            except (WtaError, OSError) as error:
                note(__name__, "%s failed: %s", type(action).__name__, error)
                failures[action] = error if isinstance(error, WtaError) else _fault(error)
        snapshot = observe(context, task_ids=task_ids)
    if task_ids is None:
        _settle_undos(context)
    _record_failures(context, failures)
    return Tick(applied=len(done) - len(failures), failures=tuple(failures.values()), seen=snapshot)


def _settle_undos(context: Context) -> None:
    """Settle what a killed undo left. Asked of the store first: landing takes long to load."""
    from wtagents.store.undos import advancing_undos

    with context.database.read() as db:
        left = advancing_undos(db)
    if left:
        from wtagents.operations.landing.take_back import settle_undos

        settle_undos(context)


def _fault(error: OSError) -> SystemFault:
    """Say what the system refused where nobody on the way had words for it."""
    cause = (error.strerror or str(error)).lower()
    return SystemFault(
        f"cannot use {error.filename}" if error.filename else "the system refused",
        cause=cause,
        hint="wta doctor",
    )


def _record_failures(context: Context, failures: dict[Action, WtaError]) -> None:
    if not failures:
        return
    with context.database.write(actor="tick") as db:
        for action, error in failures.items():
            add_event(
                db,
                EventKind.ACTION_FAILED,
                at=context.clock.now(),
                task_id=getattr(action, "task_id", None),
                run_id=getattr(action, "run_id", None),
                data={"action": type(action).__name__, "error": error.message},
            )
