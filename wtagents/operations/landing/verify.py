"""Verify prefixes of a chain in several slots at once, and remember what the gates said.

Each slot has a scratch worktree and a thread; the threads touch neither the store nor a ref. What
gates said of the same tree under the same circumstances is not asked again.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.record import record, replace
from wtagents.operations.landing.environment import gate_environment
from wtagents.operations.landing.gate import (
    MOST_SLOTS,
    Gated,
    Inspection,
    remembered_red,
    run_gates,
    stop_leftovers,
)
from wtagents.operations.landing.side_tests import need_tests, side_tests
from wtagents.store.gates import recall_verdicts, record_flake, remember_verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wtagents.core.landing.merge import GateResult
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.chain import Member
    from wtagents.operations.landing.outcome import Tell

_LOOK_SECONDS = 0.1
_DEFAULT_MOST = 4


def slots_of(context: Context) -> int:
    """Return how many trees are verified at once: as set, else half of the processors."""
    half = max(1, min(_DEFAULT_MOST, (os.cpu_count() or 1) // 2))
    return min(context.settings.merge.slots or half, MOST_SLOTS)


@record
class _Running:
    """One prefix in its slot."""

    slot: int
    future: Future[Gated]
    cancelled: Event


class Verifier:
    """The slots, while one chain is verified; closing it ends everything that still runs."""

    def __init__(self, context: Context, hub: Hub, members: Sequence[Member], tell: Tell) -> None:
        self.slots = slots_of(context)
        self._context = context
        self._hub = hub
        self._members = members
        self._tell = tell
        self._environment = gate_environment(context)
        self._threads = ThreadPoolExecutor(self.slots, thread_name_prefix="gates")
        self._free = list(range(self.slots, 0, -1))
        self._running: dict[int, _Running] = {}
        self._known: deque[tuple[int, Gated]] = deque()

    def start(self, prefix: int, *, again: bool) -> None:
        """Begin to verify the first so many members; `again` for a second look at a red tree."""
        known = self._recall(prefix)
        if known is not None:
            self._known.append((prefix, known))
            return
        cancelled = Event()
        slot = self._free.pop()
        inspection = self._inspection(prefix, slot, cancelled, again=again)
        future = self._threads.submit(run_gates, inspection)
        self._running[prefix] = _Running(slot=slot, future=future, cancelled=cancelled)

    def stop(self, prefix: int) -> None:
        """End the verification of a prefix whose verdict does not matter any more."""
        running = self._running.pop(prefix, None)
        if running is None:
            self._known = deque(each for each in self._known if each[0] != prefix)
            return
        running.cancelled.set()
        while not running.future.done():
            stop_leftovers(self._context, slots=(running.slot,))
            wait((running.future,), timeout=_LOOK_SECONDS)
        self._free.append(running.slot)

    def next_verdict(
        self, *, given_up: Callable[[], bool] | None = None
    ) -> tuple[int, Gated] | None:
        """Wait for the next prefix to be decided; None when it is given up before.

        Raises SystemFault when a slot cannot be filled or a process cannot be stopped.
        """
        if self._known:
            return self._known.popleft()
        while True:
            futures = {each.future: prefix for prefix, each in self._running.items()}
            done, _ = wait(futures, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            if not done and given_up is not None and given_up():
                return None
            for future in done:
                prefix = futures[future]
                self._free.append(self._running.pop(prefix).slot)
                gated = future.result()
                if gated.red is None:
                    self.remember(gated.results, gated)
                return prefix, gated

    def remember(self, results: Sequence[GateResult], gated: Gated) -> None:
        """Keep verdicts for the next time; a red one only when its tree was red twice."""
        if gated.tree is None or gated.remembered:
            return
        context = self._context
        with context.database.write(durable=False) as db:
            remember_verdicts(db, gated.tree, self._environment, results, at=context.clock.now())

    def note_flake(self, red: Gated, green: Gated) -> None:
        """Record that a gate was red for no reason of the tree's."""
        if red.red is None or green.tree is None:
            return
        context, result = self._context, red.red.result
        self._tell(f"the gate {result.command!r} was red, then green, on the same tree: a flake")
        with context.database.write(actor="merger") as db:
            record_flake(db, result.command, green.tree, result.log, at=context.clock.now())

    def close(self) -> None:
        """End what still runs."""
        for prefix in list(self._running):
            self.stop(prefix)
        self._threads.shutdown(wait=True)

    def _recall(self, prefix: int) -> Gated | None:
        members, tests = self._members[:prefix], self._tests(prefix)
        commands = (*self._context.settings.merge.gate, *tests)
        tree = members[-1].patch.tree
        since = min(member.landing.request.created_at for member in members)
        with self._context.database.read() as db:
            found = recall_verdicts(db, tree, self._environment, commands, red_since=since)
        if not found:
            return None
        results = tuple(replace(each, is_tests=each.command in tests) for each in found)
        gated = Gated(results=results, tree=tree, remembered=True)
        if results[-1].passed:
            return gated
        return replace(gated, red=remembered_red(results[-1]))

    def _tests(self, prefix: int) -> tuple[str, ...]:
        """Return what runs the tests of both sides of those whose conflicts need it."""
        merge, members = self._context.settings.merge, self._members[:prefix]
        doubtful = (each for each in members if need_tests(each.landing.request.resolutions))
        found = (
            command
            for each in doubtful
            for command in side_tests(
                merge, self._hub, each.landing.task, each.source, members[-1].commit
            )
        )
        return tuple(dict.fromkeys(found))

    def _inspection(self, prefix: int, slot: int, cancelled: Event, *, again: bool) -> Inspection:
        members = self._members[:prefix]
        last = members[-1].landing
        stem = f"{last.task.name.folder}-{last.request.id}-{last.request.tries}"
        return Inspection(
            context=self._context,
            hub=self._hub.repo,
            slot=slot,
            tasks=tuple(member.landing.task.name for member in members),
            commit=members[-1].commit,
            onto=members[0].source.onto,
            target=last.request.target,
            stem=f"{stem}-again" if again else stem,
            tell=self._tell,
            cancelled=cancelled,
            tests=self._tests(prefix),
        )
