"""Any order of changes, refusals, crashes and reopenings leaves the store and its model equal."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.records import later, worktree_facts
from tests.support.stored import stored_task, try_run
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, RunId, TaskName
from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import (
    LIVE_MERGE_STATES,
    LIVE_RUN_STATES,
    MERGE_ARROWS,
    RUN_ARROWS,
    TASK_ARROWS,
)
from wtagents.core.message import MessageKind
from wtagents.core.run import RunState
from wtagents.core.task import TaskState, Wish
from wtagents.store.database import Database, open_database
from wtagents.store.events import events_of
from wtagents.store.facts import record_facts
from wtagents.store.merges import add_merge_request, latest_merge_requests, move_merge_request
from wtagents.store.messages import add_message, mark_delivered, mark_failed, undelivered
from wtagents.store.runs import latest_runs, live_runs, move_run
from wtagents.store.standings import Standings, standings
from wtagents.store.tasks import mark_removed, move_task, restore_task, tasks, wish_task

Changed = TypeVar("Changed")

CAPACITY = 2
NAMES = st.sampled_from(["a", "A", "a/b", "a-b", "b", "b/c"])
TASKS = st.integers(1, 6)


@dataclass
class KnownTask:
    """What the model knows of a task."""

    name: TaskName
    state: TaskState = TaskState.QUEUED
    wish: Wish = Wish.WORK
    removed: bool = False
    runs: list[str] = field(default_factory=list)
    merges: list[int] = field(default_factory=list)


class Interrupted(Exception):
    """The process that writes ends before it can commit."""


class StoreMachine(RuleBasedStateMachine):
    """Drives the store and a plain model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.seconds = 0
        self.tasks: dict[int, KnownTask] = {}
        self.runs: dict[str, RunState] = {}
        self.merges: dict[int, MergeState] = {}
        self.waiting: set[int] = set()
        self.changes: Counter[str] = Counter()
        self.standings = Standings()

    @initialize()
    def begin(self) -> None:
        self.db = self.opened()

    def opened(self) -> Database:
        db = open_database(Path(self.folder.name) / "state.db")
        db.connection.execute("PRAGMA synchronous=OFF")
        return db

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    @property
    def now(self) -> datetime:
        return later(self.seconds)

    def changed(
        self, change: Callable[[], Changed | None], kind: str, *, interrupted: bool
    ) -> Changed | None:
        """Carry out a change; None when it was refused or the writer did not live to commit."""
        result: Changed | None = None
        with contextlib.suppress(StateError, Interrupted), self.db.write():
            result = change()
            if interrupted:
                result = None
                raise Interrupted
        self.changes[kind] += result is not None
        return result

    @rule(seconds=st.integers(1, 40))
    def let_time_pass(self, seconds: int) -> None:
        self.seconds += seconds

    @rule()
    def open_again(self) -> None:
        self.db.close()
        self.db = self.opened()

    @rule(name=NAMES.map(TaskName), interrupted=st.booleans())
    def add_task(self, name: TaskName, *, interrupted: bool) -> None:
        task = self.changed(
            lambda: stored_task(self.db, name, at=self.now), "task.added", interrupted=interrupted
        )
        assert (task is not None) == (self.is_free(name) and not interrupted)
        if task is not None:
            self.tasks[task.id] = KnownTask(name)

    def is_free(self, name: TaskName) -> bool:
        taken = [task.name for task in self.tasks.values() if not task.removed]
        return not any(name.folded == each.folded or name.nests_with(each) for each in taken)

    @rule(task_id=TASKS, to=st.sampled_from(TaskState), interrupted=st.booleans())
    def move_task(self, task_id: int, to: TaskState, *, interrupted: bool) -> None:
        known = self.tasks.get(task_id)
        allowed = known is not None and not known.removed and to in TASK_ARROWS[known.state]
        moved = self.changed(
            lambda: move_task(self.db, task_id, to, at=self.now),
            "task.moved",
            interrupted=interrupted,
        )
        assert (moved is not None) == (allowed and not interrupted)
        if moved is not None:
            self.tasks[task_id].state = to

    @rule(task_id=TASKS, wish=st.sampled_from(Wish))
    def wish(self, task_id: int, wish: Wish) -> None:
        if task_id in self.tasks:
            self.changed(
                lambda: wish_task(self.db, task_id, wish, self.now),
                "task.wished",
                interrupted=False,
            )
            self.tasks[task_id].wish = wish

    @rule(task_id=TASKS)
    def remove(self, task_id: int) -> None:
        known = self.tasks.get(task_id)
        allowed = known is not None and not known.removed and not self.is_busy(known)
        removed = self.changed(
            lambda: mark_removed(self.db, task_id, self.now), "task.removed", interrupted=False
        )
        assert (removed is not None) == allowed
        if removed is not None:
            self.tasks[task_id].removed = True

    def is_busy(self, known: KnownTask) -> bool:
        return any(self.runs[run] in LIVE_RUN_STATES for run in known.runs) or any(
            self.merges[merge] in LIVE_MERGE_STATES for merge in known.merges
        )

    @rule(task_id=TASKS)
    def restore(self, task_id: int) -> None:
        known = self.tasks.get(task_id)
        allowed = known is not None and known.removed and self.is_free(known.name)
        restored = self.changed(
            lambda: restore_task(self.db, task_id, self.now), "task.restored", interrupted=False
        )
        assert (restored is not None) == allowed
        if restored is not None:
            self.tasks[task_id].removed = False

    @rule(task_id=TASKS, interrupted=st.booleans())
    def add_run(self, task_id: int, *, interrupted: bool) -> None:
        known = self.tasks.get(task_id)
        if known is None or known.removed:
            return
        live = [state for state in self.runs.values() if state in LIVE_RUN_STATES]
        mine = [run for run in known.runs if self.runs[run] in LIVE_RUN_STATES]
        stored = next(task for task in tasks(self.db) if task.id == task_id)
        run = self.changed(
            lambda: try_run(self.db, stored, capacity=CAPACITY, at=self.now),
            "run.added",
            interrupted=interrupted,
        )
        assert (run is not None) == (len(live) < CAPACITY and not mine and not interrupted)
        if run is not None:
            known.runs.append(run.id)
            assert run.number == len(known.runs)
            self.runs[run.id] = RunState.STARTING

    @rule(number=st.integers(0, 9), to=st.sampled_from(RunState))
    def move_run(self, number: int, to: RunState) -> None:
        if number < len(self.runs):
            run_id = list(self.runs)[number]
            moved = self.changed(
                lambda: move_run(self.db, run_id, to, at=self.now), "run.moved", interrupted=False
            )
            assert (moved is not None) == (to in RUN_ARROWS[self.runs[run_id]])
            self.runs[run_id] = to if moved else self.runs[run_id]

    @rule(task_id=TASKS, interrupted=st.booleans())
    def request_merge(self, task_id: int, *, interrupted: bool) -> None:
        known = self.tasks.get(task_id)
        if known is None or known.removed:
            return
        mine = [each for each in known.merges if self.merges[each] in LIVE_MERGE_STATES]
        request = self.changed(
            lambda: add_merge_request(
                self.db,
                task_id=task_id,
                target=BranchName("main"),
                squash=False,
                skip_gate=False,
                at=self.now,
            ),
            "merge.requested",
            interrupted=interrupted,
        )
        assert (request is not None) == (not mine and not interrupted)
        if request is not None:
            known.merges.append(request.id)
            self.merges[request.id] = MergeState.WAITING

    @rule(number=st.integers(0, 9), to=st.sampled_from(MergeState))
    def move_merge(self, number: int, to: MergeState) -> None:
        if number < len(self.merges):
            merge_id = list(self.merges)[number]
            moved = self.changed(
                lambda: move_merge_request(self.db, merge_id, to, at=self.now),
                "merge.moved",
                interrupted=False,
            )
            assert (moved is not None) == (to in MERGE_ARROWS[self.merges[merge_id]])
            self.merges[merge_id] = to if moved else self.merges[merge_id]

    @rule(task_id=TASKS)
    def say(self, task_id: int) -> None:
        if task_id in self.tasks:
            message = self.changed(
                lambda: add_message(self.db, task_id, MessageKind.TEXT, "go", self.now),
                "message.added",
                interrupted=False,
            )
            assert message is not None
            self.waiting.add(message.id)

    @rule(message_id=st.integers(1, 5))
    def fail_message(self, message_id: int) -> None:
        failed = self.changed(
            lambda: mark_failed(self.db, message_id, "gone", self.now),
            "message.failed",
            interrupted=False,
        )
        assert (failed is not None) == (message_id in self.waiting)
        self.waiting.discard(message_id)

    @rule(message_id=st.integers(1, 5))
    def deliver_message(self, message_id: int) -> None:
        if self.runs:
            run_id = RunId(next(iter(self.runs)))
            delivered = self.changed(
                lambda: mark_delivered(self.db, message_id, run_id, self.now),
                "message.delivered",
                interrupted=False,
            )
            assert (delivered is not None) == (message_id in self.waiting)
            self.waiting.discard(message_id)

    @rule(task_id=TASKS, late=st.integers(0, 50))
    def look_at_a_worktree(self, task_id: int, late: int) -> None:
        if task_id in self.tasks:
            seen = worktree_facts(commits=self.seconds, at=later(self.seconds - late))
            with self.db.write():
                record_facts(self.db, task_id, seen)

    @rule()
    def what_is_remembered_is_what_stands(self) -> None:
        with self.db.read():
            assert list(self.standings.read(self.db).items()) == list(standings(self.db).items())

    @invariant()
    def store_and_model_are_equal(self) -> None:
        stored = {task.id: task for task in tasks(self.db, removed=True)}
        assert {key: (task.name, task.state, task.wish) for key, task in stored.items()} == {
            key: (known.name, known.state, known.wish) for key, known in self.tasks.items()
        }
        taken = {key: known for key, known in self.tasks.items() if not known.removed}
        assert {task.id for task in tasks(self.db)} == set(taken)
        assert {key: (run.id, run.state) for key, run in latest_runs(self.db).items()} == {
            key: (known.runs[-1], self.runs[known.runs[-1]])
            for key, known in taken.items()
            if known.runs
        }
        assert {key: (m.id, m.state) for key, m in latest_merge_requests(self.db).items()} == {
            key: (known.merges[-1], self.merges[known.merges[-1]])
            for key, known in taken.items()
            if known.merges
        }
        assert {message.id for message in undelivered(self.db)} == self.waiting

    @invariant()
    def what_lives_is_bounded(self) -> None:
        live = live_runs(self.db)
        assert len(live) <= CAPACITY
        assert len({run.task_id for run in live}) == len(live)

    @invariant()
    def every_change_left_one_event(self) -> None:
        found = Counter(event.kind.value for event in events_of(self.db, limit=10_000))
        assert found == +self.changes


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=60, stateful_step_count=40)
