"""The port of the tick on a simulated machine, and a tick that can die at any effect."""

from __future__ import annotations

import contextlib
import shutil
import signal
from functools import cached_property
from typing import TYPE_CHECKING

from tests.support.simulation.checkout import Checkout
from tests.support.simulation.machine import Kind, Machine, Violation
from wtagents.core.ids import Oid
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.run import RunState
from wtagents.core.task import Wish
from wtagents.core.worktree import WorktreeFacts
from wtagents.operations.context import Context
from wtagents.operations.ending import StoppedRuns
from wtagents.operations.starting.filling import Filling
from wtagents.operations.starting.worktree import Furnished
from wtagents.store.database import Database, open_database
from wtagents.store.pauses import pauses
from wtagents.store.runs import run_by_id
from wtagents.store.tasks import require_task_by_id
from wtagents.system.run_folder import is_claimed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import Self

    from tests.support.clock import CountingIds
    from wtagents.core.config.settings import Settings
    from wtagents.core.ids import RunId
    from wtagents.core.run import ProcessIdentity, Run
    from wtagents.core.task import Task
    from wtagents.operations.world import World
    from wtagents.system.paths import StatePaths


class Crash(BaseException):
    """The process that acts was killed here."""


class Fate:
    """Decides at which effect a process that acts is killed, or overtaken by another one."""

    def __init__(
        self,
        *,
        crash_after: int | None = None,
        overtaken_after: int | None = None,
        overtake: Callable[[str], None] | None = None,
        overtakes: bool = False,
    ) -> None:
        self._crash_after = crash_after
        self._overtaken_after = overtaken_after
        self._overtake = overtake
        self.overtakes = overtakes
        """Whether this is the process that gets in between."""
        self.alone = 0
        """How many transactions and locks are held, in which nobody else can act."""
        self.has_crashed = False

    def effect(self, name: str) -> None:
        """Pass a step, or die; who is dead does nothing more."""
        if self.has_crashed:
            raise Crash(name)
        if self._overtaken_after is not None and not self.alone:
            self._overtaken_after -= 1
            if self._overtaken_after < 0 and self._overtake is not None:
                self._overtaken_after = None
                self._overtake(name)
        if self._crash_after is not None:
            self._crash_after -= 1
            if self._crash_after < 0:
                self.has_crashed = True
                raise Crash(name)

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep everybody else out for the length of a block."""
        self.alone += 1
        try:
            yield
        finally:
            self.alone -= 1


class Connections:
    """Open connections to the store of one play, for one process of wta after the other.

    SQLite keeps what it has compiled for a connection: half of the time of a play went into
    compiling the same statements for every process anew. Who has been killed leaves none of its
    transactions behind: `Database` rolls back what is open, as SQLite does for the dead.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[Database] = []

    def take(self) -> Database:
        """Return a connection that nobody else has."""
        return self._idle.pop() if self._idle else open_database(self._path)

    def give_back(self, opened: Database) -> None:
        """Keep a connection for whoever is next."""
        if opened.connection.in_transaction:
            raise Violation("a process leaves a transaction open")
        self._idle.append(opened)

    def close(self) -> None:
        """Close those that nobody has; the next process opens a new one."""
        while self._idle:
            self._idle.pop().close()


class DyingDatabase(Database):
    """The store, opened by a process that may be killed round every transaction."""

    __slots__ = ("_opened", "context")

    def __init__(self, context: SimulatedContext) -> None:
        self._opened = context.connections.take()
        super().__init__(self._opened.connection, self._opened.path, actor="tick", read_only=False)
        self.context = context

    def close(self) -> None:
        self.context.connections.give_back(self._opened)

    @contextlib.contextmanager
    def write(self, *, actor: str | None = None, durable: bool = True) -> Iterator[Self]:
        self.context.fate.effect("before a transaction")
        with self.context.fate.exclusive(), super().write(actor=actor, durable=durable) as db:
            yield db
            self.context.fate.effect("inside a transaction")
        self.context.fate.effect("after a transaction")


class SimulatedContext(Context):
    """A process of wta on the simulated machine."""

    def __init__(
        self,
        repository: Path,
        paths: StatePaths,
        machine: Machine,
        ids: CountingIds,
        settings: Settings,
        connections: Connections,
    ) -> None:
        super().__init__(repository, clock=machine.clock, ids=ids)
        self.paths = paths
        self.connections = connections
        self.machine = machine
        self.settings = settings
        self.fate = Fate()

    @cached_property
    def database(self) -> Database:
        return DyingDatabase(self)

    @contextlib.contextmanager
    def repository_lock(self) -> Iterator[None]:
        with self.fate.exclusive(), super().repository_lock():
            yield

    @cached_property
    def world(self) -> World:
        return SimulatedWorld(self)


class SimulatedWorld:
    """Processes and worktrees of the machine; every effect has a before, an inside and an after."""

    def __init__(self, context: SimulatedContext) -> None:
        self._context = context
        self._machine = context.machine

    def _effect(self, name: str) -> None:
        self._context.fate.effect(name)

    def boot_id(self) -> str:
        return f"boot-{self._machine.boot}"

    def load(self) -> float | None:
        return None

    def free_memory(self) -> int | None:
        return None

    def is_alive(self, process: ProcessIdentity) -> bool:
        return self._machine.is_alive(process)

    def has_processes(self, run_id: RunId) -> bool:
        return bool(self._machine.of_run(run_id))

    def start_runner(self, run_id: RunId) -> None:
        self._effect("before a runner is started")
        with self._context.database.read() as db:
            run = run_by_id(db, run_id)
        if run is None:
            raise Violation("a runner is started for a run that nobody wrote down")
        if run.state not in LIVE_RUN_STATES and not is_claimed(self._context.paths.run(run_id)):
            raise Violation("a runner is started that could take a run which has ended")
        self._machine.start_runner(run_id)
        self._effect("after a runner was started")

    def signal(self, process: ProcessIdentity, number: signal.Signals) -> None:
        self._effect(f"before {number.name}")
        if self._machine.is_alive(process):
            self._require_wished_end(self._machine.processes[process.pid].run_id)
            self._machine.signal(process, number)
        self._effect(f"after {number.name}")

    def wake(self, runner: ProcessIdentity) -> None:
        self._effect("before a runner is woken")
        del runner

    def stop_runs(self, run_ids: Collection[RunId]) -> StoppedRuns:
        counts = {}
        for run_id in run_ids:
            self._effect("before a run is stopped")
            self._require_wished_end(run_id)
            found = self._machine.of_run(run_id)
            if found and self._machine.resistance.resists(run_id):
                self._machine.counts["the rest of a run resists"] += 1
                self._effect("while a run resists")
                continue
            for process in found:
                self._machine.kill(process)
                self._effect("while a run is stopped")
            counts[run_id] = len(found)
        return StoppedRuns(counts=counts)

    def claim_worktree(self, task: Task, previous: Run | None) -> None:
        self._effect("before a worktree is made")
        known = self._machine.checkouts.setdefault(str(task.worktree), Checkout(path=task.worktree))
        self._effect("while a worktree is made")
        if not task.worktree.is_dir():
            known.is_filled = False
            task.worktree.mkdir(parents=True)
            (task.worktree / ".git").write_text("gitdir: elsewhere\n")
        self._effect("after a worktree was made")

    def clear_locks(self, task: Task, previous: Run) -> None:
        self._effect(f"before locks of {task.name} are cleared")

    @contextlib.contextmanager
    def filling(self, task: Task) -> Iterator[Filling | None]:
        self._effect("before the files are checked out")
        self._machine.checkouts[str(task.worktree)].is_filled = True
        self._effect("after the files were checked out")
        yield Filling(None, self._context.paths.checkout_lock(task.id))

    def furnish(self, task: Task, filling: Filling) -> Furnished:
        self._effect("before a worktree is furnished")
        return Furnished(task=task, unwritten_instructions="")

    def worktree_facts(self, task: Task, at: datetime) -> WorktreeFacts | None:
        found = self._machine.checkouts.get(str(task.worktree))
        if found is None or not task.worktree.is_dir():
            return None
        return WorktreeFacts(
            head=Oid(f"{found.commits:040x}"),
            branch=task.branch,
            commits=found.commits,
            files_changed=found.commits,
            insertions=found.commits,
            deletions=0,
            uncommitted=found.uncommitted,
            operation="",
            signature=f"{found.commits} {found.uncommitted}",
            at=at,
        )

    def run_gate(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        seconds: float,
        inherited: tuple[int, ...],
    ) -> int | None:
        raise Violation(f"the gate {argv} runs in {cwd}, where nothing is to land")

    def stop_gates(self, *marks: tuple[str, str]) -> int:
        raise Violation(f"gates with {marks} are stopped where nothing is to land")

    def _require_wished_end(self, run_id: RunId | None) -> None:
        if run_id is None:
            raise Violation("a foreign process is to be stopped")
        with self._context.database.read() as db:
            run = run_by_id(db, run_id)
            task = None if run is None else require_task_by_id(db, run.task_id)
            is_held = task is not None and pauses(db).stops(task.id)
        # Whether the stop was wanted when it was recorded, the events tell.
        if is_held or (run is not None and run.state is RunState.STOPPING):
            return
        if task is not None and task.wish is Wish.WORK and self._machine.is_healthy(run_id):
            raise Violation(f"the healthy agent of {task.name} is stopped")


def idle_worktrees(machine: Machine) -> list[str]:
    """Return the worktrees in which no runner works."""
    return [
        path
        for path, checkout in sorted(machine.checkouts.items())
        if not any(
            runner.order is None or str(runner.order.worktree) == path
            for runner in machine.all_runners()
        )
        and checkout.is_filled
    ]


def lose_worktree(machine: Machine, path: Path) -> None:
    """Do what a person does who deletes the folder of a worktree."""
    shutil.rmtree(path, ignore_errors=True)
    if str(path) in machine.checkouts:
        machine.checkouts[str(path)].is_filled = False


def foreign_process(machine: Machine) -> None:
    """Start something that has nothing to do with wta; it may get a pid that was ours."""
    others = [each for each in machine.processes.values() if each.kind is Kind.FOREIGN]
    if len(others) < 20:
        machine.spawn(Kind.FOREIGN)
    else:
        machine.kill(others[0])
