"""Look for failures that many tasks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.tending.breaker import Breaker, Evidence, breakers, scope_of
from wtagents.store.runs import latest_ends, live_runs
from wtagents.system import run_folder

if TYPE_CHECKING:
    from wtagents.core.run import Run
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def observe_breakers(context: Context, db: Database) -> tuple[Breaker, ...]:
    """Return the breakers that are not closed; `db` is inside an open read block.

    All ends and the folders of live runs are only read where enough tasks have failed.
    """
    failures = context.settings.limits.breaker
    standing = latest_ends(db, only_standing=True)
    if sum(scope_of(end.reason) is not None for end in standing) < failures:
        return ()
    ends = latest_ends(db)
    answered = {run.task_id: run for run in live_runs(db) if _has_answer(context, run)}
    evidence = [
        Evidence(
            model=end.model,
            reason=end.reason,
            at=end.at,
            stands=end.stands or (end.live and end.task_id not in answered),
            probes=end.live and end.task_id not in answered,
        )
        for end in ends
    ]
    proved = [(run.model, run.created_at) for run in answered.values()]
    return breakers(evidence, proved, failures)


def _has_answer(context: Context, run: Run) -> bool:
    pulse = run_folder.load_pulse(context.paths.run(run.id))
    return pulse is not None and pulse.usage.turns > 0
