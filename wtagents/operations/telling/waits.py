"""What each task that waits for its start waits for, by the same decision that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import TaskState, Wish
from wtagents.core.tending.admission import Admission, Bar, in_order
from wtagents.core.tending.snapshot import Snapshot, TaskView
from wtagents.core.text import printable
from wtagents.operations.surroundings import (
    accounts_by_kind,
    model_for,
    observe_surroundings,
    spent_for,
)
from wtagents.operations.tick import policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wtagents.core.tending.admission import Wait
    from wtagents.operations.context import Context
    from wtagents.store.database import Database
    from wtagents.store.standings import Standing

_OF_MANY = (Bar.FROZEN, Bar.PAUSED, Bar.LIMIT, Bar.BREAKER, Bar.BUDGET, Bar.MACHINE)
_DETAIL_LIMIT = 120


def waits(context: Context, db: Database, known: Mapping[int, Standing]) -> Mapping[int, Wait]:
    """Return what the queued tasks wait for, by id; a task that is missing starts next.

    `known` is how all tasks stand; `db` is inside an open read block. Only the store is read.
    """
    queue = [each for each in known.values() if each.task.state is TaskState.QUEUED]
    if not queue:
        return {}
    runs = (each.run for each in known.values())
    live = sum(run is not None and run.state in LIVE_RUN_STATES for run in runs)
    snapshot = _stored(context, db, queue, live)
    admission = Admission(snapshot, policy_of(context.settings).admission, snapshot.at)
    found = {}
    for view in in_order(snapshot.views):
        if view.task.wish is Wish.WORK:
            wait = admission.wait_of(view)
            if wait is not None:
                found[view.task.id] = wait
    return found


def _stored(context: Context, db: Database, queue: Sequence[Standing], live: int) -> Snapshot:
    waiting = [each.task for each in queue]
    around = observe_surroundings(context, db, waiting)
    accounts = accounts_by_kind(waiting)
    return Snapshot(
        views=tuple(
            TaskView(
                task=each.task,
                run=each.run,
                run_facts=None,
                worktree=None,
                messages=(),
                merge=None,
                spent=spent_for(context, db, each.task),
                account=accounts[each.task.agent.kind],
                model=model_for(context, each.task, each.run, around.breakers),
            )
            for each in queue
        ),
        live_runs=live,
        at=context.clock.now(),
        around=around,
    )


def held_words(found: Mapping[int, Wait], now: datetime) -> tuple[str, ...]:
    """Say once what holds several tasks back, and until when."""
    held: dict[Bar, list[Wait]] = {}
    for wait in found.values():
        if wait.bar in _OF_MANY or (wait.bar is Bar.PLACES and wait.detail):
            held.setdefault(wait.bar, []).append(wait)
    lines = []
    for bar, waiting in held.items():
        first = min(waiting, key=lambda wait: wait.until or now)
        said = printable(first.detail, _DETAIL_LIMIT)
        why = f" ({said})" if said and bar is Bar.LIMIT else ""
        tasks_wait = "1 task waits" if len(waiting) == 1 else f"{len(waiting)} tasks wait"
        lines.append(f"{first.words(now)}{why}: {tasks_wait} to start")
    return tuple(lines)
