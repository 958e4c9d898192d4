"""End what is left of runs: all together, and at each pass no longer than a moment.

A pass asks their processes to end, waits a little and goes on; one of the next passes kills those
that did not. So an agent that does not listen, or a process that hangs in the kernel, keeps nobody
else waiting. When the processes of a run were asked stands in its folder: whoever makes the next
pass knows.
"""

from __future__ import annotations

from collections import Counter
from signal import SIGKILL, SIGTERM
from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.record import record
from wtagents.system.process import RUN_MARK, marks_of_processes, signal_processes
from wtagents.system.run_folder import note_urged, urged_age

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from wtagents.core.ids import RunId
    from wtagents.core.run import ProcessIdentity
    from wtagents.operations.context import Context

POLITE_SECONDS = 3.0
"""How long processes are given to end before they are killed."""
FIRM_SECONDS = 5.0
"""How long they may survive that before somebody is told."""
MOMENT_SECONDS = 1.0
"""How long a pass waits behind the last signal that it sent."""
_LOOK_SECONDS = 0.02
_EMPTY_LOOKS = 2
"""So many in a row prove an end: in the middle of an exec a process cannot be looked at."""


@record
class StoppedRuns:
    """What became of runs that were to be stopped."""

    counts: Mapping[RunId, int]
    """How many processes each run had left; one that is not named has not ended yet."""
    fault: SystemFault | None = None
    """Why not, where they have survived SIGKILL for long."""


class Ending:
    """One pass over the processes of some runs."""

    def __init__(self, context: Context, run_ids: Collection[RunId]) -> None:
        self._context = context
        self._run_ids = tuple(run_ids)
        self._marks = {(RUN_MARK, str(run_id)): run_id for run_id in run_ids}
        self._seen: dict[ProcessIdentity, RunId] = {}
        self._asked: set[RunId] = set()
        """Whose processes this pass was the first to ask."""
        self._has_sent = False

    def carry_on(self) -> StoppedRuns:
        """Send the signals that are due and wait a moment for what they do."""
        clock, never, empty_looks = self._context.clock, Event(), 0
        end = clock.monotonic() + MOMENT_SECONDS
        while empty_looks < _EMPTY_LOOKS:
            left = self._look()
            empty_looks = 0 if left else empty_looks + 1
            self._press(left)
            if left and (not self._has_sent or clock.monotonic() >= end):
                return self._outcome(left)
            clock.wait(never, _LOOK_SECONDS)
        return self._outcome({})

    def _look(self) -> dict[ProcessIdentity, RunId]:
        found = marks_of_processes(*self._marks) if self._marks else {}
        return {each: self._marks[mark] for each, mark in found.items()}

    def _press(self, left: Mapping[ProcessIdentity, RunId]) -> None:
        ages = {run_id: self._age(run_id) for run_id in set(left.values())}
        new = [each for each in left if each not in self._seen]
        asked = [each for each in new if left[each] in self._asked]
        killed = [each for each, run_id in left.items() if ages[run_id] >= POLITE_SECONDS]
        signal_processes(asked, SIGTERM)
        signal_processes(killed, SIGKILL)
        self._seen |= left
        hopeful = [each for each in killed if ages[left[each]] < POLITE_SECONDS + FIRM_SECONDS]
        self._has_sent = self._has_sent or bool(asked or hopeful)

    def _age(self, run_id: RunId) -> float:
        """Return how long ago the processes of a run were asked to end: now, unless before."""
        folder, clock = self._context.paths.run(run_id), self._context.clock
        age = urged_age(folder, clock)
        if age is not None:
            return age
        try:
            note_urged(folder, clock)
        except (SystemFault, OSError):
            # Nobody would know at the next pass: rather firm at once than polite for ever.
            return POLITE_SECONDS
        self._asked.add(run_id)
        return 0.0

    def _outcome(self, left: Mapping[ProcessIdentity, RunId]) -> StoppedRuns:
        counts, alive = Counter(self._seen.values()), set(left.values())
        ages = {run_id: self._age(run_id) for run_id in alive}
        stubborn = [each.pid for each in left if ages[left[each]] >= POLITE_SECONDS + FIRM_SECONDS]
        return StoppedRuns(
            counts={run_id: counts[run_id] for run_id in self._run_ids if run_id not in alive},
            fault=_survive(stubborn) if stubborn else None,
        )


def _survive(pids: Iterable[int]) -> SystemFault:
    listed = ", ".join(map(str, pids))
    return SystemFault(
        f"processes {listed} survive SIGKILL", hint=f"ps -o pid,stat,wchan -p {listed}"
    )
