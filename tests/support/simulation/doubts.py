"""Agents that get stuck or go in circles, and what must hold for whoever is suspected of it.

Every fourth seed has them, with a setting of how far to go and longer waits. Who is in which mood
is known here alone; the loop sees the pulses of runners.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.support.simulation.machine import Violation
from wtagents.core.config.settings import Layer
from wtagents.core.events import EventKind
from wtagents.core.message import MessageKind, Sender
from wtagents.core.run import ExitReason, Phase, Stillness
from wtagents.core.task import Wish
from wtagents.core.tending.liveness import Liveness
from wtagents.core.tending.suspicion import PATIENCE, SECOND_LOOK, Response

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tests.support.clock import ManualClock
    from wtagents.core.events import Event
    from wtagents.core.message import Message

QUIET_SECONDS = 60.0
STUCK_SECONDS = 90.0
"""More than wall time may add to a silence that no runner has measured."""
LOOP_CALLS = 3
SLACK = 60.0
"""Seconds awake that may lie between what a process saw and the look at what it did."""
_PAUSES = (0.0, 0.0, 20.0, 100.0, 320.0)
_LOOKS = 20
"""In a long wait."""


class Mood(StrEnum):
    """Why an agent does not get on."""

    SILENT = "silent"
    CIRCLES = "circles"


_NAMES = {Mood.SILENT: Liveness.STUCK, Mood.CIRCLES: Liveness.LOOPING}
_CURES = {
    (Mood.SILENT, MessageKind.INTERRUPT): 0.4,
    (Mood.CIRCLES, MessageKind.INTERRUPT): 0.4,
    (Mood.CIRCLES, MessageKind.TEXT): 0.3,
}
"""How likely an agent goes on when it hears that."""


@dataclass
class Spell:
    """A mood of one run, by the machine's own seconds."""

    mood: Mood
    since: float
    until: float | None = None


class Doubts:
    """Puts agents of one play into moods, and remembers them."""

    def __init__(self, seed: int, clock: ManualClock) -> None:
        # A choice of its own: a seed without moods is not told another story because of them.
        self._rng = random.Random(f"doubts {seed}")  # noqa: S311 - a seed that can be repeated
        self._clock = clock
        self._is_over = False
        self.furthest = self._rng.choice(list(Response))
        self.layer = Layer(
            source="simulation",
            values={
                "limits": {
                    "response": self.furthest,
                    "quiet_after": f"{QUIET_SECONDS:.0f}s",
                    "stuck_after": f"{STUCK_SECONDS:.0f}s",
                    "loop_calls": LOOP_CALLS,
                }
            },
        )
        self.spells: defaultdict[str, list[Spell]] = defaultdict(list)
        """Of each run, first to last."""

    @classmethod
    def of_seed(cls, seed: int, clock: ManualClock) -> Doubts | None:
        """Return the doubts of a seed, if it has some."""
        return cls(seed, clock) if seed % 4 == 0 else None

    def pause(self) -> float:
        """Return how long nobody does anything, beside the usual."""
        return self._rng.choice(_PAUSES)

    def step(self, seconds: float) -> float:
        """Return how long a wait goes on between two looks of a runner."""
        return max(1.0, seconds / _LOOKS)

    def spell(self, run_id: str) -> Spell | None:
        """Return the mood that a run is in now."""
        known = self.spells[run_id]
        return known[-1] if known and known[-1].until is None else None

    def hold_up(self, run_id: str) -> bool:
        """Whether an agent that would act does not: it may get into a mood just now."""
        if self.spell(run_id) is None and not self._is_over and self._rng.random() < 0.4:
            mood = self._rng.choice(list(Mood))
            self.spells[run_id].append(Spell(mood=mood, since=self._clock.monotonic()))
        return self.spell(run_id) is not None

    def hear(self, run_id: str, kind: MessageKind) -> None:
        """Tell the agent of a run something: it may go on by that."""
        spell = self.spell(run_id)
        if spell is not None and self._rng.random() < _CURES.get((spell.mood, kind), 0.0):
            spell.until = self._clock.monotonic()

    def end(self) -> None:
        """Let everybody go on from now on."""
        self._is_over = True
        for run_id in list(self.spells):
            spell = self.spell(run_id)
            if spell is not None:
                spell.until = self._clock.monotonic()

    def signs(self, run_id: str) -> tuple[Phase, Stillness | None, int]:
        """Return what a runner sees: the phase, how still it is, and how often it repeats."""
        spell = self.spells[run_id][-1]
        seconds = self._clock.monotonic() - spell.since
        if spell.mood is Mood.CIRCLES:
            return Phase.TOOL, None, int(seconds / 5)
        still = Stillness(seconds=seconds, idle_seconds=seconds, process="")
        return Phase.THINKING, still, 0


@dataclass
class _Step:
    response: Response
    at: float


class Judge:
    """Follows the steps that are taken; raises Violation at one that is wrong."""

    def __init__(self, doubts: Doubts, clock: ManualClock, counts: Counter[str]) -> None:
        self._doubts = doubts
        self._clock = clock
        self._counts = counts
        self._last: dict[str, _Step] = {}
        self._given_up: set[int | None] = set()
        self._restarts: Counter[int | None] = Counter()

    def take(self, event: Event, messages: Iterable[Message], *, live: Collection[str]) -> None:
        """Go one event further; `live` are the runs at work now."""
        if event.kind is EventKind.RUN_SUSPECTED and event.run_id is not None:
            self._judge(event, event.run_id, live)
        elif self._is_of_person(event, messages):
            self._given_up.discard(event.task_id)
            self._restarts[event.task_id] = 0
        elif event.kind is EventKind.RUN_MOVED:
            if event.data.get("reason") == ExitReason.COMPLETED:
                self._given_up.discard(event.task_id)
        elif event.kind is EventKind.RUN_ADDED and event.task_id in self._given_up:
            raise Violation(f"task {event.task_id} begins although it was given up")

    @staticmethod
    def _is_of_person(event: Event, messages: Iterable[Message]) -> bool:
        if event.kind is EventKind.MESSAGE_ADDED:
            said = (each for each in messages if each.id == event.data["message_id"])
            return any(each.sender is not Sender.WTA for each in said)
        return event.kind is EventKind.TASK_WISHED and event.data.get("wish") == Wish.WORK

    def _judge(self, event: Event, run_id: str, live: Collection[str]) -> None:
        response, now = Response(event.data["response"]), self._clock.monotonic()
        self._counts[f"{event.data['liveness']}: {response}"] += 1
        who = f"run {run_id[-4:]}"
        begun = [
            each.since
            for each in self._doubts.spells[run_id]
            if (each.until is None or now - each.until <= SLACK)
            and _NAMES[each.mood] == event.data["liveness"]
        ]
        if not begun:
            raise Violation(f"{who} is not {event.data['liveness']}, and said to be")
        self._check_order(who, run_id, response, now - min(begun))
        if response is not Response.NOTIFY and self._is_common(live, now):
            raise Violation(f"most do not get on, and {who} has to suffer: {response}")
        self._last[run_id] = _Step(response=response, at=now)
        self._restarts[event.task_id] += response is Response.RESTART
        if response is Response.STOP:
            self._given_up.add(event.task_id)

    def _check_order(self, who: str, run_id: str, response: Response, lasted: float) -> None:
        last, now = self._last.get(run_id), self._clock.monotonic()
        if response is Response.NOTIFY:
            if lasted < SECOND_LOOK:
                raise Violation(f"{who} is suspected at the first look")
            return
        if response not in _steps(self._doubts.furthest):
            raise Violation(f"{response} goes beyond {self._doubts.furthest}")
        if last is None or last.response not in _BEFORE[response]:
            raise Violation(f"{who}: {response} after {last and last.response}")
        if now - last.at < PATIENCE - SLACK:
            raise Violation(f"{who}: {response} {now - last.at:.0f} s after {last.response}")

    def _is_common(self, live: Collection[str], now: float) -> bool:
        """Whether all look like that; `live` leaves out runners that are too busy to look."""
        spells = [self._doubts.spell(run_id) for run_id in live]
        bad = sum(each is not None and now - each.since > 4 * STUCK_SECONDS for each in spells)
        return bad > 1 and bad == len(spells)

    def check(self, retries: int) -> None:
        """Nobody is begun anew for ever."""
        for task_id, times in self._restarts.items():
            if times > retries + 1:
                raise Violation(f"task {task_id} is begun anew {times} times")


_BEFORE = {
    Response.NUDGE: {Response.NOTIFY},
    Response.INTERRUPT: {Response.NOTIFY, Response.NUDGE},
    Response.STOP: {Response.INTERRUPT},
    Response.RESTART: {Response.INTERRUPT},
}


def _steps(furthest: Response) -> set[Response]:
    usual = [Response.NOTIFY, Response.NUDGE, Response.INTERRUPT]
    return {*usual[: usual.index(furthest) + 1]} if furthest in usual else {*usual, furthest}
