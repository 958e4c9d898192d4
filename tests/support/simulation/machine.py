"""A machine that is made up: a clock, a small process table, runners and agents that live on it.

Run folders are real: what a runner would write there is written by the same functions.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.support.clock import ManualClock
from tests.support.simulation.checkout import Checkout
from tests.support.simulation.deeds import DEEDS, ENDS, Deed, check_work
from tests.support.simulation.resistance import Resistance
from wtagents.core.ids import RunId
from wtagents.core.message import PAUSE, MessageKind, Taken
from wtagents.core.run import Exit, ExitReason, Phase, ProcessIdentity, Pulse, Stillness, Usage
from wtagents.system import run_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from tests.support.simulation.doubts import Doubts
    from tests.support.simulation.purse import Purse
    from wtagents.core.order import Order
    from wtagents.system.paths import RunFolder

Moment = tuple[datetime, int]
PIDS = 38
"""So few that a pid comes back soon."""
STEP = 1.0
"""Seconds between two looks of a runner."""


class Kind(StrEnum):
    """What a process is."""

    RUNNER = "runner"
    AGENT = "agent"
    FOREIGN = "foreign"


class Violation(AssertionError):
    """A promise was broken."""


@dataclass
class Process:
    """One entry of the process table."""

    identity: ProcessIdentity
    kind: Kind
    run_id: RunId | None = None


@dataclass
class Runner:
    """A runner and, once it was started, its agent."""

    process: Process
    run_id: RunId
    wakes_at: float
    agent: Process | None = None
    order: Order | None = None
    has_claim: bool = False
    is_hung: bool = False
    term_at: float | None = None
    looked_at: float = 0.0
    """When it last looked at its agent."""
    rests: ExitReason | None = None
    """How it ends with its turn, once it was asked to."""
    phase: Phase = Phase.STARTING
    usage: Usage = field(default_factory=Usage)


class SimulatedClock(ManualClock):
    """Waiting lets the machine go on meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.machine: Machine | None = None

    def suspend(self, seconds: float) -> None:
        """Close the lid: wall time passes, nothing else does."""
        self._now += timedelta(seconds=seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        if not event.is_set():
            (self.advance if self.machine is None else self.machine.live)(seconds)
        return event.is_set()


@dataclass
class Machine:
    """All processes and worktrees; `live` lets time pass."""

    rng: random.Random
    folder_of: Callable[[RunId], RunFolder]
    journal: list[str]
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    processes: dict[int, Process] = field(default_factory=dict)
    runners: dict[RunId, list[Runner]] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    heard: dict[int, int] = field(default_factory=dict)
    """How often an agent took a message, by its id."""
    counts: Counter[str] = field(default_factory=Counter)
    """How often each thing has gone wrong."""
    looked_at: datetime | None = None
    """When the last tick has looked last: what comes later it cannot know."""
    purse: Purse | None = None
    """None: nothing costs anything."""
    doubts: Doubts | None = None
    """None: every agent gets on."""
    resistance: Resistance = field(default_factory=Resistance)
    boot: int = 1
    _born: int = 0
    _ours: set[int] = field(default_factory=set)
    """Pids that a runner or an agent has had since the machine was started."""

    def __post_init__(self) -> None:
        self.clock.machine = self

    @property
    def moment(self) -> Moment:
        """The same as long as no time passes and nobody gets in between."""
        return self.clock.now(), self.counts["overtaken"]

    # -------------------------------------------------------------------------- processes

    def spawn(self, kind: Kind, run_id: RunId | None = None) -> Process:
        """Start a process on some free pid."""
        pid = self.rng.choice([n for n in range(2, PIDS + 2) if n not in self.processes])
        self._born += 1
        identity = ProcessIdentity(boot_id=f"boot-{self.boot}", pid=pid, start=self._born)
        process = Process(identity=identity, kind=kind, run_id=run_id)
        self.processes[pid] = process
        self.counts[f"a pid of ours goes to a {kind} process"] += pid in self._ours
        if kind is not Kind.FOREIGN:
            self._ours.add(pid)
        return process

    def is_alive(self, identity: ProcessIdentity) -> bool:
        found = self.processes.get(identity.pid)
        return found is not None and found.identity == identity

    def start_runner(self, run_id: RunId) -> None:
        process = self.spawn(Kind.RUNNER, run_id)
        wakes_at = self.clock.monotonic() + self.rng.choice((0.0, 0.0, 1.0, 7.0))
        runner = Runner(process=process, run_id=run_id, wakes_at=wakes_at)
        self.runners.setdefault(run_id, []).append(runner)
        self._note(run_id, "runner started")

    def of_run(self, run_id: RunId) -> list[Process]:
        return [each for each in self.processes.values() if each.run_id == run_id]

    def signal(self, identity: ProcessIdentity, number: signal.Signals) -> None:
        """Deliver a signal to whoever has the pid, as the kernel does."""
        found = self.processes.get(identity.pid)
        if found is None:
            return
        if found.kind is Kind.FOREIGN or found.identity != identity:
            raise Violation(f"{number.name} went to a process that is not of this run")
        if number is signal.SIGKILL:
            self.kill(found)
            return
        for runner in self.all_runners():
            if runner.process is found and runner.term_at is None:
                runner.term_at = self.clock.monotonic()

    def kill(self, process: Process) -> None:
        """Take a process away; what it was the parent of lives on."""
        self.processes.pop(process.identity.pid, None)

    def reboot(self) -> None:
        """Nothing survives but the disk."""
        self.processes.clear()
        self.runners.clear()
        self._ours.clear()
        self.boot += 1

    def calm(self) -> None:
        """Let nobody hang any more."""
        for runner in self.all_runners():
            runner.is_hung = False
        if self.doubts is not None:
            self.doubts.end()

    def all_runners(self) -> list[Runner]:
        return [runner for group in list(self.runners.values()) for runner in group]

    def is_healthy(self, run_id: RunId) -> bool:
        """Whether a claimed runner and its agent are at work as they should be."""
        return any(
            runner.has_claim
            and runner.term_at is None
            and self.is_alive(runner.process.identity)
            and (runner.agent is None or self.is_alive(runner.agent.identity))
            for runner in self.runners.get(run_id, ())
        )

    def is_looked_after(self, run_id: RunId, seconds: float) -> bool:
        """Whether its runner has looked at its agent of late."""
        since = self.clock.monotonic() - seconds
        return any(
            runner.looked_at >= since and self.is_alive(runner.process.identity)
            for runner in self.runners.get(run_id, ())
        )

    # ------------------------------------------------------------------------------- time

    def live(self, seconds: float) -> None:
        """Let time pass; runners and agents do what they do."""
        left = seconds
        step = STEP if self.doubts is None else self.doubts.step(seconds)
        while left > 0:
            self.clock.advance(min(step, left))
            left -= step
            for runner in self.all_runners():
                self._step(runner)

    def _step(self, runner: Runner) -> None:
        if not self.is_alive(runner.process.identity):
            self._orphan(runner)
        elif not runner.is_hung and self.clock.monotonic() >= runner.wakes_at:
            if not runner.has_claim:
                self._claim(runner)
            else:
                self._work(runner)

    def _orphan(self, runner: Runner) -> None:
        """An agent without its runner goes on for as long as nobody stops it."""
        if runner.agent is None or not self.is_alive(runner.agent.identity):
            self.runners[runner.run_id].remove(runner)
        elif self.rng.random() < 0.2:
            self._checkout(runner).commit()

    def _claim(self, runner: Runner) -> None:
        folder = self.folder_of(runner.run_id)
        if not folder.root.is_dir() or not run_folder.write_claim(folder, runner.process.identity):
            self._leave(runner)
            return
        runner.has_claim = True
        runner.order = run_folder.load_order(folder)
        if runner.order is None:
            self._end(runner, ExitReason.NOT_STARTED, "the order cannot be read")

    def _work(self, runner: Runner) -> None:
        self._beat(runner)
        if runner.term_at is not None:
            if self.clock.monotonic() - runner.term_at >= self.rng.choice((0, 2, 12)):
                self._end(runner, ExitReason.STOPPED, "asked to end")
        elif runner.agent is None:
            self._start_agent(runner)
        elif not self.is_alive(runner.agent.identity):
            self._end(runner, ExitReason.AGENT_ERROR, "the agent was killed")
        else:
            self._take_messages(runner)
            self._act(runner)

    def _start_agent(self, runner: Runner) -> None:
        checkout = self._checkout(runner)
        if not checkout.is_filled:
            raise Violation(f"an agent starts in {checkout.path.name} without its files")
        others = [
            each
            for each in self.all_runners()
            if each.agent is not None
            and self.is_alive(each.agent.identity)
            and self._checkout(each) is checkout
        ]
        if others:
            raise Violation(f"two agents in {checkout.path.name}")
        runner.agent = self.spawn(Kind.AGENT, runner.run_id)
        run_folder.write_agent(self.folder_of(runner.run_id), runner.agent.identity)
        self._show(runner, Phase.THINKING)
        self._note(runner.run_id, "agent started")

    def _take_messages(self, runner: Runner) -> None:
        folder = self.folder_of(runner.run_id)
        for message_id in run_folder.posted(folder) - run_folder.load_taken(folder).keys():
            taken = Taken(message_id=message_id, delivered=True, reason="", at=self.clock.now())
            run_folder.write_taken(folder, taken)
            self.heard[message_id] = self.heard.get(message_id, 0) + 1
            message = run_folder.load_posted(folder, message_id)
            if message is not None and self.doubts is not None:
                self.doubts.hear(runner.run_id, message.kind)
            if message is not None and message.kind is MessageKind.FINISH:
                runner.rests = (
                    ExitReason.PAUSED if message.body == PAUSE else ExitReason.INTERRUPTED
                )

    def _act(self, runner: Runner) -> None:
        if runner.rests is not None:
            self._end(runner, runner.rests, "asked to end its turn")
            return
        if self.doubts is not None and self.doubts.hold_up(runner.run_id):
            runner.wakes_at = self.clock.monotonic() + 5.0
            self._show(runner, *self.doubts.signs(runner.run_id))
            return
        deed = self.rng.choices(list(DEEDS), list(DEEDS.values()))[0]
        if self._has_paid_its_last(runner, deed):
            self._end(runner, ExitReason.BUDGET, "its share is used up")
            return
        checkout = self._checkout(runner)
        runner.wakes_at = self.clock.monotonic() + self.rng.choice((0.0, 1.0, 3.0, 20.0))
        if deed is Deed.COMMIT:
            checkout.commit()
        elif deed is Deed.LEAVE:
            checkout.leave()
        elif deed in ENDS:
            self._end(runner, ENDS[deed], deed)
            return
        self._show(runner, Phase.ASKING if deed is Deed.ASK else Phase.TOOL)

    def _has_paid_its_last(self, runner: Runner, deed: Deed) -> bool:
        """Pay a request; whether what it asked for is not done any more."""
        if self.purse is None or runner.order is None:
            return False
        runner.usage = self.purse.pay(runner.run_id, runner.usage)
        return deed not in ENDS and self.purse.is_used_up(runner.order, runner.usage)

    # ------------------------------------------------------------------- what a runner writes

    def _beat(self, runner: Runner) -> None:
        folder, now = self.folder_of(runner.run_id), self.clock.now().timestamp()
        run_folder.beat(folder)
        os.utime(folder.heartbeat, (now, now))
        runner.looked_at = self.clock.monotonic()
        if runner.term_at is None and run_folder.is_told_to_stop(folder):
            runner.term_at = self.clock.monotonic()

    def _show(
        self, runner: Runner, phase: Phase, still: Stillness | None = None, repeats: int = 0
    ) -> None:
        folder, now = self.folder_of(runner.run_id), self.clock.now()
        if still is None:
            folder.stream.touch()
            os.utime(folder.stream, (now.timestamp(), now.timestamp()))
        is_usual = self.purse is None and self.doubts is None
        if runner.order is not None and (phase is not runner.phase or not is_usual):
            runner.phase = phase
            pulse = Pulse(
                phase=phase,
                doing="",
                question=None,
                usage=runner.usage,
                session_id=runner.order.session_id,
                at=now,
                repeats=repeats,
                still=still,
            )
            run_folder.write_pulse(folder, pulse)

    def _end(self, runner: Runner, reason: ExitReason, detail: str) -> None:
        """Write how it ended, unless the runner dies in this very moment."""
        if runner.agent is not None:
            self.kill(runner.agent)
        if self.rng.random() < 0.05:
            self._note(runner.run_id, "runner died before its exit was written")
            self._leave(runner)
            return
        checks = (check_work(self.rng),) if reason is ExitReason.COMPLETED else ()
        self.counts["a check is red"] += any(not check.passed for check in checks)
        self.counts[f"ended: {reason}"] += 1
        limit = reason is ExitReason.RATE_LIMITED and self.rng.random() < 0.7
        end = Exit(
            reason=reason,
            detail=detail,
            exit_code=0 if reason is ExitReason.COMPLETED else 1,
            denials=(),
            retry_at=self.clock.now() + timedelta(minutes=7) if limit else None,
            usage=runner.usage,
            survivors=0,
            checks=checks,
            at=self.clock.now(),
        )
        self.counts["a limit with its end"] += limit
        run_folder.write_exit(self.folder_of(runner.run_id), end)
        self._note(runner.run_id, f"ended: {reason}")
        self._leave(runner)

    def _leave(self, runner: Runner) -> None:
        self.kill(runner.process)
        self.runners[runner.run_id].remove(runner)

    def _checkout(self, runner: Runner) -> Checkout:
        if runner.order is None:
            raise Violation("an agent without an order")
        return self.checkouts[str(runner.order.worktree)]

    def _note(self, run_id: RunId, text: str) -> None:
        self.journal.append(f"{self.clock.monotonic():9.1f} {run_id[-4:]} {text}")
