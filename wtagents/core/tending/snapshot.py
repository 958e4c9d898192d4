"""The observed world, immutable: what the store, the run folders and git said at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.tending.budget import Ledger, Spent
from wtagents.core.tending.failure import Streak
from wtagents.core.tending.pause import Pauses

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.message import Message
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.tending.breaker import Breaker
    from wtagents.core.tending.limit import AccountLimit
    from wtagents.core.tending.run_facts import RunFacts
    from wtagents.core.tending.suspicion import Suspicion
    from wtagents.core.worktree import WorktreeFacts


@record
class TaskView:
    """One task with all that is known of it."""

    task: Task
    run: Run | None
    """Its latest run."""
    run_facts: RunFacts | None
    worktree: WorktreeFacts | None
    """Looked at only where the plan needs it; None also when the worktree is not there."""
    messages: tuple[Message, ...]
    """Undelivered, oldest first."""
    merge: MergeRequest | None
    """The latest merge request."""
    streak: Streak = Streak()
    """How long the surroundings have kept it from working."""
    paused: bool = False
    """Whether a person wants its agent not to go on, and the task to wait in the queue."""
    halted: bool = False
    """Whether its agent is to stop at once, without the end of its turn."""
    frozen: bool = False
    """Whether everything is held back."""
    mended: int = 0
    """Runs in a row that were begun because a check had failed."""
    spent: Spent = Spent()
    """By its ended runs; looked at only where a budget asks for it."""
    suspicion: Suspicion | None = None
    """What its latest run is suspected of since an earlier look."""
    account: str = ""
    """The account that its next run would work on."""
    model: str = ""
    """The model that its next run would ask for; '' leaves it to the program."""

    @property
    def live_run(self) -> Run | None:
        """The run that has not ended, if there is one."""
        return self.run if self.run and self.run.state in LIVE_RUN_STATES else None

    @property
    def given_up(self) -> bool:
        """Whether its latest run is to end for a suspicion, and a person to go on from there."""
        return self.suspicion is not None and self.suspicion.gave_up


@record
class Surroundings:
    """What holds starts back beside the tasks themselves."""

    pauses: Pauses = Pauses()
    limits: tuple[AccountLimit, ...] = ()
    """What accounts may not use now."""
    breakers: tuple[Breaker, ...] = ()
    """Failures that many tasks share."""
    ledger: Ledger = Ledger()
    models: tuple[str, ...] = ()
    """Of the live runs, each once."""
    profiles: tuple[str, ...] = ()
    """Of their tasks, of each that has one."""
    queue: tuple[tuple[int, int], ...] = ()
    """Negative priority and id of each task that waits for its start and not for a moment."""
    unfounded: tuple[tuple[int, str], ...] = ()
    """Tasks, by id, that wait for the branch they start from, and what that waits for."""
    load: float | None = None
    """Of the last minute, per processor; None where the system does not say."""
    free_memory: int | None = None
    """Bytes; None where the system does not say."""


@record
class Snapshot:
    """The world in the scope of one tick."""

    views: tuple[TaskView, ...]
    live_runs: int
    """Live runs of the whole repository, whatever the scope."""
    at: datetime
    is_whole: bool = True
    """Whether the scope is all tasks."""
    awake: float = 0.0
    """Seconds that the machine has been awake since it started: a sleep or a clock that is set
    lengthens no wait that is measured with it."""
    around: Surroundings = Surroundings()
    blocked: frozenset[int] = frozenset()
    """Tasks, by id, that land after another one which has not ended."""

    def can_land(self, view: TaskView) -> bool:
        """Whether a task is landing, or waits to and nothing but the queue is before it."""
        if view.merge is None or view.merge.state not in LIVE_MERGE_STATES:
            return False
        return view.merge.state is not MergeState.WAITING or view.task.id not in self.blocked
