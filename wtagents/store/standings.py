"""How tasks stand: what all tables say of each, and only of those anew of which an event tells.

Every change of a task, of its runs and of its merge requests appends an event that names the task;
a look at a worktree is known by its time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.run import Usage
from wtagents.store.events import last_event, tasks_changed
from wtagents.store.facts import facts, looks
from wtagents.store.merges import latest_merge_requests
from wtagents.store.runs import latest_runs, usage_of_ended_runs
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.store.database import Database

LATEST = timedelta(minutes=1)
"""By how much a look may be recorded after one that began later."""


@record
class Standing:
    """One task, with the latest of everything."""

    task: Task
    run: Run | None
    used: Usage
    """By its ended runs together; context and model of the last one."""
    merge: MergeRequest | None
    worktree: WorktreeFacts | None
    """As git saw it last."""


def standings(db: Database, ids: Iterable[int] | None = None) -> dict[int, Standing]:
    """Return how the tasks stand whose name is taken, or some of them, oldest first, by id.

    `db` is inside an open read block.
    """
    wanted = None if ids is None else frozenset(ids)
    runs, merges = latest_runs(db, wanted), latest_merge_requests(db, wanted)
    used, seen = usage_of_ended_runs(db, wanted), facts(db, wanted)
    return {
        task.id: Standing(
            task=task,
            run=runs.get(task.id),
            used=used.get(task.id, Usage()),
            merge=merges.get(task.id),
            worktree=seen.get(task.id),
        )
        for task in tasks(db, ids=wanted)
    }


class Standings:
    """How all tasks stand, for who asks one store again and again.

    What has not changed stays the very same record.
    """

    def __init__(self) -> None:
        self._known: dict[int, Standing] = {}
        self._event = 0
        self._looks: dict[int, datetime] = {}

    def read(self, db: Database) -> Mapping[int, Standing]:
        """Return how the tasks stand now, oldest first; `db` is inside an open read block."""
        event = last_event(db)
        if not self._known or event < self._event:
            self._known, self._looks = standings(db), looks(db, since=None)
        else:
            changed = tasks_changed(db, after=self._event) | self._looked_at(db)
            if changed:
                kept = {key: each for key, each in self._known.items() if key not in changed}
                self._known = dict(sorted((kept | standings(db, changed)).items()))
        self._event = event
        return self._known

    def _looked_at(self, db: Database) -> frozenset[int]:
        """Return the tasks whose worktrees were looked at again."""
        newest = max(self._looks.values(), default=None)
        found = looks(db, since=None if newest is None else newest - LATEST)
        changed = found.items() - self._looks.items()
        self._looks |= found
        return frozenset(task_id for task_id, _ in changed)
