"""What must hold after every step, whoever was killed where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tests.support.simulation.doubts import Judge
from tests.support.simulation.machine import Kind, Violation
from tests.support.simulation.purse import Books
from tests.support.simulation.strains import Strains
from tests.support.simulation.wishes import Wishes
from wtagents.core.events import EventKind
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.run import ExitReason, RunState
from wtagents.core.task import TaskState, Wish
from wtagents.core.tending.check import failed_check, mended
from wtagents.core.tending.reconcile import FIRM_GRACE
from wtagents.store.events import events_of
from wtagents.store.messages import messages_of
from wtagents.store.runs import runs_of
from wtagents.store.tasks import tasks
from wtagents.system.run_folder import is_told_to_stop

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.simulation.machine import Machine
    from wtagents.core.events import Event
    from wtagents.core.message import Message
    from wtagents.core.run import Exit, Run
    from wtagents.core.task import Task
    from wtagents.store.database import Database

Key = TypeVar("Key")

CAPACITY = 2
RETRIES = 2
ROUNDS = 2
"""Of mending what a check has found."""
_LOST = frozenset({ExitReason.LOST, ExitReason.REBOOTED})
_FAULTS = frozenset({ExitReason.AGENT_ERROR, ExitReason.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store holds between two changes."""

    version: int
    tasks: list[Task]
    runs: dict[int, list[Run]]
    """By task."""
    messages: dict[int, list[Message]]

    @classmethod
    def read(cls, db: Database) -> Stored:
        """Read all of it; `db` is inside an open read block."""
        known = tasks(db, removed=True)
        return cls(
            version=db.data_version(),
            tasks=known,
            runs={task.id: runs_of(db, task.id) for task in known},
            messages={task.id: messages_of(db, task.id) for task in known},
        )


class Rules:
    """Looks at rows, events and processes; raises Violation at the first broken promise."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._seen = 0
        self._states: dict[int, str] = {}
        self._runs: dict[str, str] = {}
        self._failures: Counter[int] = Counter()
        self._limit_end: dict[int, datetime] = {}
        self._stored: Stored | None = None
        self._wishes = Wishes()
        self._reader: Database | None = None
        """Whoever read it: each connection counts by itself what others have written."""
        self._books = Books(machine.purse) if machine.purse is not None else None
        self._strains = Strains(machine, machine.purse) if machine.purse is not None else None
        doubts = machine.doubts
        self._judge = Judge(doubts, machine.clock, machine.counts) if doubts is not None else None

    def check(self, db: Database, *, is_ticked: bool) -> None:
        """Compare the present with what was seen before; `is_ticked` just after a whole tick."""
        stored, new = self._read(db)
        runs = [run for of_task in stored.runs.values() for run in of_task]
        if self._judge is not None:
            working = {
                run.id
                for run in runs
                if run.state is RunState.RUNNING and self._machine.is_looked_after(run.id, 5.0)
            }
            for event in new:
                messages = stored.messages.get(event.task_id or 0, ())
                self._judge.take(event, messages, live=working)
            self._judge.check(RETRIES)
        self._replay(new, {run.id: run for run in runs})
        if self._books is not None:
            self._books.check(runs, places=CAPACITY)
        for task in stored.tasks:
            self._check_task(task, stored.runs[task.id])
            self._check_messages(task, stored.messages[task.id])
        live = [run for run in runs if _is_live(run)]
        if len(live) > CAPACITY:
            raise Violation(f"{len(live)} runs live, {CAPACITY} may")
        self._check_agents({run.id for run in live})
        if is_ticked:
            self._check_stops(live)
            if self._strains is not None:
                self._strains.check(stored.tasks, runs)

    def _read(self, db: Database) -> tuple[Stored, list[Event]]:
        """Read what is new; nothing is where nobody has written since."""
        known = self._stored if self._reader is db else None
        if known is not None and known.version == db.data_version():
            return known, []
        self._reader = db
        with db.read():
            self._stored = Stored.read(db)
            return self._stored, events_of(db, after=self._seen)

    def _replay(self, new: list[Event], runs: dict[str, Run]) -> None:
        """Every change of state has its event: the events alone tell the states."""
        for event in new:
            self._seen = event.id
            self._wishes.take(event)
            if self._strains is not None:
                self._strains.take(event)
            if event.run_id is not None:
                run = runs.get(event.run_id)
                self._replay_run(event, event.run_id, run.exit if run is not None else None)
                if self._books is not None:
                    self._books.take(event, run)
            elif event.task_id is not None:
                self._replay_task(event, event.task_id)

    def _replay_task(self, event: Event, task_id: int) -> None:
        if event.kind is EventKind.TASK_ADDED:
            self._states[task_id] = TaskState.QUEUED
        elif event.kind is EventKind.TASK_MOVED:
            self._follow(self._states, task_id, event)
        elif event.kind in (EventKind.TASK_WISHED, EventKind.MESSAGE_ADDED):
            self._failures[task_id] = 0
            self._limit_end.pop(task_id, None)

    def _replay_run(self, event: Event, run_id: str, end: Exit | None) -> None:
        task_id = event.task_id or 0
        if event.kind is EventKind.RUN_ADDED:
            self._runs[run_id] = RunState.STARTING
            if self._wishes.holds(task_id):
                raise Violation(f"task {task_id} begins although it is held")
            if self._failures[task_id] > RETRIES:
                raise Violation(f"task {task_id} is tried after {RETRIES} retries failed")
            if task_id in self._limit_end and event.at < self._limit_end.pop(task_id):
                raise Violation(f"task {task_id} begins before its limit has ended")
        elif event.kind is EventKind.RUN_MOVED:
            self._follow(self._runs, run_id, event)
            if event.data["to"] == RunState.STOPPING and not self._wishes.wants_end(task_id):
                raise Violation(f"the agent of task {task_id} is told to stop, and nobody wants it")
            self._failures[task_id] += event.data.get("reason") in _FAULTS
            if end is not None and end.retry_at is not None:
                self._limit_end[task_id] = end.retry_at

    def _follow(self, states: dict[Key, str], key: Key, event: Event) -> None:
        if states.get(key) != event.data["from"]:
            raise Violation(f"{event.kind} of {key} from {event.data['from']}, was {states[key]}")
        states[key] = event.data["to"]

    def _check_task(self, task: Task, runs: list[Run]) -> None:
        if self._states.get(task.id) != task.state:
            raise Violation(f"{task.name} is {task.state}, its events say {self._states[task.id]}")
        if sum(map(_is_live, runs)) > 1:
            raise Violation(f"{task.name} has two live runs")
        for run in runs:
            if run.state is RunState.LOST and (run.exit is None or run.exit.reason not in _LOST):
                raise Violation(f"the lost run of {task.name} ended as {run.exit}")
            if self._runs.get(run.id) != run.state:
                raise Violation(f"run {run.number} of {task.name} is {run.state} without an event")
        if mended(runs) > ROUNDS:
            raise Violation(f"{task.name} is asked to mend its checks again and again")
        if task.state is TaskState.READY:
            self._check_ready(task, runs)

    def _check_ready(self, task: Task, runs: list[Run]) -> None:
        end = runs[-1].exit if runs else None
        if end is None or end.reason is not ExitReason.COMPLETED:
            raise Violation(f"{task.name} is ready after {end.reason if end else 'nothing'}")
        if failed_check(end.checks):
            raise Violation(f"{task.name} is ready with a red check")
        if not self._machine.checkouts[str(task.worktree)].commits:
            raise Violation(f"{task.name} is ready without a commit")

    def _check_stops(self, live: list[Run]) -> None:
        """A stop that is recorded is said; it has a deadline, and the tick keeps it.

        Nothing more is asked where the tick ends a run itself, its runner dead or late.
        """
        now = self._machine.looked_at or self._machine.clock.now()
        for run in live:
            if self._machine.resistance.passes[run.id]:
                continue
            if run.stop_deadline is not None and now >= run.stop_deadline + FIRM_GRACE:
                raise Violation("an agent outlives the deadline of its stop")
            is_told = is_told_to_stop(self._machine.folder_of(run.id))
            if run.state is RunState.STOPPING and not is_told:
                raise Violation("a runner is never told that it is to stop")

    def _check_messages(self, task: Task, messages: list[Message]) -> None:
        for message in messages:
            times = self._machine.heard.get(message.id, 0)
            if message.delivered_at is not None and not times:
                raise Violation(f"{task.name} never heard the delivered {message.body!r}")
            if message.failed and message.is_words and task.state not in ENDED_TASK_STATES:
                raise Violation(f"words to {task.name} are given up: {message.failed}")

    def _check_agents(self, live: set[str]) -> None:
        agents = [each for each in self._machine.processes.values() if each.kind is Kind.AGENT]
        places = Counter(each.run_id for each in agents)
        if len(agents) > CAPACITY or any(count > 1 for count in places.values()):
            raise Violation(f"agents at work: {dict(places)}")
        for each in agents:
            if each.run_id not in live:
                raise Violation("an agent works for a run that has ended")

    def check_rest(self, db: Database) -> None:
        """After all faults nobody works, nothing waits, and every wish was carried out."""
        with db.read():
            known = tasks(db)
        moving = [f"{task.name} {task.state}" for task in known if task.state in _MOVING]
        unstopped = [task.name for task in known if task.state in _GOING.get(task.wish, ())]
        if unstopped:
            raise Violation(f"stopped by a person and yet not: {', '.join(unstopped)}")
        if moving:
            raise Violation(f"does not come to rest: {', '.join(moving)}")
        left = [each for each in self._machine.processes.values() if each.kind is not Kind.FOREIGN]
        if left:
            raise Violation(f"{len(left)} processes are left")


_GOING = {
    Wish.STOP: (TaskState.READY, TaskState.FAILED),
    Wish.CANCEL: (TaskState.READY, TaskState.FAILED, TaskState.STOPPED),
}
"""States in which a task is not after such a wish."""
_MOVING = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)


def _is_live(run: Run) -> bool:
    return run.state in LIVE_RUN_STATES
