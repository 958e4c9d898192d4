"""One seed: people, faults and ticks in turn, then calm, in which everything must come to rest."""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from tests.support.clock import CountingIds
from tests.support.simulation.acts import let_go, let_tick
from tests.support.simulation.doubts import Doubts
from tests.support.simulation.machine import Kind, Machine, Runner, Violation
from tests.support.simulation.purse import Purse
from tests.support.simulation.resistance import Resistance
from tests.support.simulation.rules import Rules
from tests.support.simulation.settings import SETTINGS, settings_with
from tests.support.simulation.world import (
    Connections,
    Crash,
    Fate,
    SimulatedContext,
    foreign_process,
    idle_worktrees,
    lose_worktree,
)
from tests.support.stored import lay_database
from wtagents.core.errors import WtaError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.task import AgentKind, AgentSpec
from wtagents.core.tending.budget import Budget
from wtagents.operations.steering.pause import freeze, pause
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.stop import RetryRequest, cancel, retry, stop
from wtagents.operations.tick import tick
from wtagents.store.database import open_database
from wtagents.store.runs import latest_run
from wtagents.store.tasks import add_task, tasks
from wtagents.system.paths import StatePaths

if TYPE_CHECKING:
    from wtagents.core.ids import RunId
    from wtagents.store.database import Database
    from wtagents.system.paths import RunFolder

TASKS = 4
CALM_ROUNDS = 120
Deed = Callable[[SimulatedContext], None]


@dataclass
class Play:
    """The world of one seed, in a folder of its own."""

    seed: int
    root: Path
    journal: list[str] = field(default_factory=list)
    rounds: ClassVar[int] = 40
    costs: ClassVar[bool] = True
    """Whether some of its seeds have budgets, and others agents that do not get on."""

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)  # noqa: S311 - a seed that can be repeated
        self.repository = self.root / "project"
        self.paths = StatePaths(root=self.root / "state")
        lay_database(self.paths.database)
        self.connections = Connections(self.paths.database)
        purse = Purse.of_seed(self.seed) if self.costs else None
        self.machine = Machine(
            rng=self.rng,
            folder_of=self._folder_of,
            journal=self.journal,
            purse=purse,
            resistance=Resistance(self.seed),
        )
        self.clock = self.machine.clock
        self.machine.doubts = Doubts.of_seed(self.seed, self.clock) if self.costs else None
        self.ids = CountingIds()
        self._made = 0
        self._supervisor: SimulatedContext | None = None
        self.rules = self._make_ground()

    def _make_ground(self) -> Rules:
        """Make what the loop takes for a repository; return what must hold on it."""
        (self.repository / ".git" / "objects").mkdir(parents=True)
        (self.repository / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        return Rules(self.machine)

    @cached_property
    def _begun(self) -> SimulatedContext:
        return SimulatedContext(
            *(self.repository, self.paths, self.machine, self.ids),
            settings_with(self.machine.purse, self.machine.doubts),
            self.connections,
        )

    def _raise_budgets(self) -> None:
        """Let a person raise all budgets: whatever waits for them goes on."""
        purse = self.machine.purse
        if purse is not None:
            purse.budget = Budget()
            for context in (self._begun, self._supervisor):
                if context is not None:
                    context.settings = SETTINGS

    def _new_context(self) -> SimulatedContext:
        """Return a process that has opened nothing yet, and knows where it is."""
        return copy.copy(self._begun)

    def _folder_of(self, run_id: RunId) -> RunFolder:
        return self.paths.run(run_id)

    # ------------------------------------------------------------------------------ the play

    def run(self) -> str:
        """Play the seed and return the digest of its journal. Raises Violation."""
        try:
            for _ in range(self.rounds):
                self._turn()
            self._calm()
        except Violation as violation:
            raise Violation(f"seed {self.seed}: {violation}\n{self.story()}") from violation
        finally:
            self._close()
        return hashlib.sha256("\n".join(self.journal).encode()).hexdigest()

    def _turn(self) -> None:
        """Let time pass, and then people, faults and a tick come as it happens."""
        self._let_time_pass()
        if self.rng.random() < 0.35:
            self._act(self.rng.choice(self._deeds()))
        if self.rng.random() < 0.06:
            self._act(self.rng.choice((self._pause, self._pause, self._freeze)))
        elif self.rng.random() < 0.1:
            self._act(let_go)
        if self.rng.random() < 0.25:
            self.rng.choice(self._faults())()
        if self.rng.random() < 0.8:
            self._act(let_tick)

    def _let_time_pass(self) -> None:
        longer = self.machine.doubts.pause() if self.machine.doubts is not None else 0.0
        self.clock.wait(_never(), longer + self.rng.choice((0.3, 1.0, 1.0, 4.0, 15.0)))

    @cached_property
    def watch(self) -> Database:
        """The store, in the eyes of who judges."""
        return open_database(self.paths.database)

    def _close(self) -> None:
        for opened in (self.__dict__.pop("watch", None), self._supervisor):
            if opened is not None:
                opened.close()
        self._supervisor = None
        self.connections.close()

    def story(self) -> str:
        """Return the journal's end."""
        return "\n".join(self.journal[-40:])

    def _act(self, deed: Deed) -> None:
        """Let a process of wta do something; it may be killed, or overtaken, at one effect."""
        fate = Fate(
            crash_after=self.rng.randrange(30) if self.rng.random() < 0.4 else None,
            overtaken_after=self.rng.randrange(30) if self.rng.random() < 0.4 else None,
            overtake=self._overtake,
        )
        self._carry_out(deed, fate)

    def _overtake(self, where: str) -> None:
        self.machine.counts["overtaken"] += 1
        self._note(f"meanwhile, {where}:")
        self._carry_out(self.rng.choice(self._meanwhile()), Fate(overtakes=True))
        self._note("and then")

    def _carry_out(self, deed: Deed, fate: Fate) -> None:
        """Act as a command that opens everything anew, or as the supervisor that has it open."""
        lives_on = deed is let_tick and not fate.overtakes
        context = self._supervisor if lives_on else None
        context = context or self._new_context()
        context.fate = fate
        self._supervisor = None if lives_on else self._supervisor
        try:
            deed(context)
        except Crash as crash:
            self.machine.counts["crash"] += 1
            self._note(f"crash {crash}")
        except WtaError as error:
            self._note(f"refused: {error.message}")
        if lives_on and not fate.has_crashed:
            self._supervisor = context
        else:
            context.close()
        self._check(is_ticked=deed is let_tick and not fate.has_crashed)

    def _check(self, *, is_ticked: bool) -> None:
        self.rules.check(self.watch, is_ticked=is_ticked)

    def _calm(self) -> None:
        self.machine.calm()
        self._carry_out(let_go, Fate())
        self._raise_budgets()
        # A clock that was set back has caught up: a limit ends when the wall clock says so.
        self.clock.suspend(self.rounds * 86400.0)
        for _ in range(CALM_ROUNDS):
            self.clock.wait(_never(), self.rng.choice((1.0, 5.0, 300.0)))
            self._carry_out(let_tick, Fate())
            if self._is_at_rest():
                break
        self.rules.check_rest(self.watch)

    def _is_at_rest(self) -> bool:
        try:
            self.rules.check_rest(self.watch)
        except Violation:
            return False
        return True

    # ---------------------------------------------------------------------------- what people do

    def _deeds(self) -> list[Deed]:
        return [self._spawn, self._spawn, self._stop, self._cancel, self._retry, self._send]

    def _meanwhile(self) -> list[Deed]:
        """Return what others may do between two effects of somebody."""
        return [let_tick, self._stop, self._retry]

    def _spawn(self, context: SimulatedContext) -> None:
        if self._made == TASKS:
            return
        self._made += 1
        name = f"t{self._made}"
        self._note(f"spawn {name}")
        with context.database.write() as db:
            task = add_task(
                db,
                name=TaskName(name),
                prompt="work",
                base=Oid("0" * 40),
                target=BranchName("main"),
                branch=BranchName(f"wta/{name}"),
                worktree=self.root / "worktrees" / name,
                agent=AgentSpec(kind=AgentKind.SCRIPTED),
                merge_when_ready=False,
                at=context.clock.now(),
            )
        tick(context, task_ids={task.id})

    def _stop(self, context: SimulatedContext) -> None:
        self._with_task(context, "stop", lambda name: stop(context, (name,)))

    def _cancel(self, context: SimulatedContext) -> None:
        if self.rng.random() < 0.3:
            self._with_task(context, "cancel", lambda name: cancel(context, (name,)))

    def _retry(self, context: SimulatedContext) -> None:
        fresh = self.rng.random() < 0.3
        self._with_task(
            context, "retry", lambda name: retry(context, RetryRequest(name=name, fresh=fresh))
        )

    def _send(self, context: SimulatedContext) -> None:
        def say(name: TaskName) -> None:
            send(context, SendRequest(name=name, text="x", wait_seconds=3.0))

        self._with_task(context, "send", say)

    def _pause(self, context: SimulatedContext) -> None:
        """Hold a task back, at once or when its turn ends, or all starts."""
        at_once, everything = self.rng.random() < 0.5, self.rng.random() < 0.2

        def hold(name: TaskName) -> None:
            self.machine.counts["pause"] += 1
            pause(context, () if everything else (name,), at_once=at_once and not everything)

        self._with_task(context, "pause starts:" if everything else "pause", hold)

    def _freeze(self, context: SimulatedContext) -> None:
        self._note("freeze")
        self.machine.counts["freeze"] += 1
        freeze(context)
        self._note("frozen")
        left = [each for each in self.machine.processes.values() if each.kind is Kind.AGENT]
        if left:
            raise Violation(f"all is frozen, and {len(left)} agents are at work")

    def _with_task(
        self, context: SimulatedContext, what: str, deed: Callable[[TaskName], object]
    ) -> None:
        with context.database.read() as db:
            known = tasks(db)
        if known:
            name = self.rng.choice(known).name
            self._note(f"{what} {name}")
            deed(name)
            self._note(f"{what} {name} done")
            if what in ("stop", "cancel"):
                self._require_gone(context, name)

    def _require_gone(self, context: SimulatedContext, name: TaskName) -> None:
        """Stop says it is stopped only when nothing of it is left.

        A runner that a tick began just then finds that its run has ended, and goes.
        """
        with context.database.read() as db:
            task = next(task for task in tasks(db) if task.name == name)
            run = latest_run(db, task.id)
        if run is None:
            return
        runners = self.machine.runners.get(run.id, ())
        idle = [each.process for each in runners if not each.has_claim]
        if any(process not in idle for process in self.machine.of_run(run.id)):
            raise Violation(f"{name} was said to be stopped and is not")

    # -------------------------------------------------------------------------- what goes wrong

    def _faults(self) -> list[Callable[[], object]]:
        return [
            self._kill_some,
            self._kill_some,
            self._hang,
            self._hang,
            lambda: foreign_process(self.machine),
            self._suspend,
            self._set_clock,
            self._lose_worktree,
            self._reboot,
        ]

    def _kill_some(self) -> None:
        """The kernel is out of memory: a runner, its agent, or both."""
        found = self.machine.all_runners()
        if found:
            runner = self.rng.choice(found)
            victims = self.rng.choice(("runner", "agent", "both"))
            self.machine.counts[f"out of memory: {victims}"] += 1
            self._note(f"out of memory: {victims} of {runner.run_id[-4:]}")
            if victims != "agent":
                self.machine.kill(runner.process)
            if victims != "runner" and runner.agent is not None:
                self.machine.kill(runner.agent)

    def _hang(self) -> None:
        found: list[Runner] = self.machine.all_runners()
        if found:
            runner = self.rng.choice(found)
            runner.is_hung = not runner.is_hung
            self.machine.counts["a runner hangs"] += runner.is_hung
            self._note(f"runner of {runner.run_id[-4:]} hangs: {runner.is_hung}")

    def _suspend(self) -> None:
        seconds = self.rng.choice((30.0, 4000.0, 86400.0))
        self.clock.suspend(seconds)
        self.machine.counts[f"suspended for {seconds:.0f} s"] += 1
        self._note(f"suspended for {seconds:.0f} s")

    def _set_clock(self) -> None:
        seconds = self.rng.choice((2.0, 90.0, 86400.0))
        self.clock.set_wall_back(seconds)
        self.machine.counts[f"clock set back by {seconds:.0f} s"] += 1
        self._note(f"the clock is set back by {seconds:.0f} s")

    def _reboot(self) -> None:
        if self.rng.random() < 0.4:
            self.machine.reboot()
            self.machine.counts["reboot"] += 1
            self._note("reboot")

    def _lose_worktree(self) -> None:
        idle = idle_worktrees(self.machine)
        if idle and self.rng.random() < 0.4:
            chosen = self.rng.choice(idle)
            self.machine.counts["a worktree is deleted"] += 1
            self._note(f"somebody deletes {chosen.rsplit('/', 1)[-1]}")
            lose_worktree(self.machine, self.machine.checkouts[chosen].path)

    def _note(self, text: str) -> None:
        self.journal.append(f"{self.clock.monotonic():9.1f}      {text}")


def _never() -> Event:
    return Event()
