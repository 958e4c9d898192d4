"""What a person hears of budgets that run out: once, in time, and never without a reason."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.support.simulation.machine import Violation
from wtagents.core.events import EventKind
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import TaskState
from wtagents.core.tending.budget import Spent
from wtagents.system.run_folder import load_pulse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.simulation.machine import Machine
    from tests.support.simulation.purse import Purse
    from wtagents.core.events import Event
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.tending.budget import Amount

_GOING = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)
_PERSON = (EventKind.TASK_WISHED, EventKind.MESSAGE_ADDED)
_SLACK = 1e-6


class Strains:
    """Follows the warnings; raises Violation at one too many and at one that is missing."""

    def __init__(self, machine: Machine, purse: Purse) -> None:
        self._machine = machine
        self._purse = purse
        self._runs: dict[str, int] = {}
        """The task of each run, oldest first."""
        self._ever: set[tuple[int | None, str]] = set()
        self._told: set[tuple[int | None, str, str]] = set()
        """With the run, since somebody last had a word with the task."""

    def take(self, event: Event) -> None:
        """Go one event further."""
        if event.kind is EventKind.BUDGET_STRAINED:
            self._hear(event)
        elif event.kind is EventKind.RUN_ADDED and event.run_id is not None:
            self._runs[event.run_id] = event.task_id or 0
        elif event.kind in _PERSON:
            self._told = {each for each in self._told if each[0] != event.task_id}

    def _hear(self, event: Event) -> None:
        task_id, budget, used_up = event.task_id, event.data["budget"], event.data["used_up"]
        self._machine.counts[f"{budget}: {'used up' if used_up else 'warned'}"] += 1
        run_id = next((run for run, of in reversed(self._runs.items()) if of == task_id), "")
        told = (task_id, run_id, f"{budget} {used_up}")
        # The day of a clock that is set comes again.
        if told in self._told and not budget.startswith("budget.day"):
            raise Violation(f"a person hears twice that {budget} is strained")
        self._told.add(told)
        self._ever.add((task_id, budget))
        used = [self._purse.used[run] for run, of in self._runs.items() if task_id in (None, of)]
        for name, _, line in self._lines(task_id, used):
            if name == budget and line < -_SLACK:
                raise Violation(f"a person hears of {budget} too early")

    def _lines(
        self, task_id: int | None, used: Iterable[Spent]
    ) -> Iterator[tuple[str, int | None, float]]:
        """Yield the budgets that task or repository have, and how far beyond the warning it is."""
        budget, known = self._purse.budget, list(used)
        limit: Amount = budget.repository if task_id is None else budget.task
        name = "budget.repository" if task_id is None else "budget.task"
        if limit.usd is not None:
            usd = sum(each.usd for each in known)
            yield f"{name}_usd", task_id, usd - limit.usd * budget.warn
        if limit.tokens is not None:
            tokens = sum(each.tokens for each in known)
            yield f"{name}_tokens", task_id, tokens - limit.tokens * budget.warn

    def check(self, tasks: Iterable[Task], runs: Iterable[Run]) -> None:
        """After a tick, and nothing since: what the loop can know of is told."""
        if self._purse.told_at != self._machine.moment:
            return
        known: defaultdict[int | None, list[Spent]] = defaultdict(list)
        for run in runs:
            used = self._known(run)
            known[None].append(used)
            known[run.task_id].append(used)
        for task_id in (None, *(task.id for task in tasks if task.state in _GOING)):
            for name, whose, beyond in self._lines(task_id, known[task_id]):
                if beyond > _SLACK and (whose, name) not in self._ever:
                    raise Violation(f"nobody hears that {name} is strained")

    def _known(self, run: Run) -> Spent:
        """Return what a run has used as its end, or else its pulse, tells."""
        pulse = load_pulse(self._machine.folder_of(run.id))
        lives = run.state in LIVE_RUN_STATES
        usage = run.exit.usage if run.exit and not lives else pulse.usage if pulse else None
        return Spent() if usage is None else Spent(usd=usage.cost_usd, tokens=usage.input_tokens)
