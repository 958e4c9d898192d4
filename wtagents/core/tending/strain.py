"""Budgets that are nearly or wholly used up: of runs and tasks, of the day and the repository.

What live runs have used so far counts as their programs tell it: Claude Code tells dollars at the
end of a turn, tokens with every answer of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record, replace
from wtagents.core.tending.budget import USD_DIGITS, Amount, Spent, lines, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.core.tending.budget import Budget, Ledger, Line
    from wtagents.core.tending.snapshot import Snapshot, TaskView


@record
class Strain:
    """One budget of which little or nothing is left."""

    budget: str
    """`budget.day_usd`"""
    window: str
    """What it is counted in: a day, the id of a run or of a task; '' for the repository."""
    words: str
    used_up: bool
    task_id: int | None = None
    task: str = ""
    """Name of the task, '' where all share the budget."""

    @property
    def key(self) -> str:
        """The same as long as there is nothing new to say."""
        return f"{self.budget}/{self.window}/{self.degree}"

    @property
    def degree(self) -> str:
        """Say how much of it."""
        return "used up" if self.used_up else "nearly used up"


def shared_strains(budget: Budget, ledger: Ledger) -> Iterator[Strain]:
    """Return the strained budgets of day and repository."""
    used = replace(
        ledger,
        day=ledger.day.plus(ledger.at_work),
        repository=ledger.repository.plus(ledger.at_work),
    )
    for line in _strained(budget, lines(budget, used, Spent())):
        if line.shared:
            window = "" if line.until is None else f"{line.until:%Y-%m-%d}"
            yield _strain(line, window)


def own_strains(budget: Budget, snapshot: Snapshot) -> Iterator[Strain]:
    """Return the strained budgets of tasks and of their live runs."""
    for view in snapshot.views:
        task, run, used = view.task, view.live_run, _used(view)
        for line in _strained(budget, lines_of("budget.task", budget.task, view.spent.plus(used))):
            yield replace(_strain(line, str(task.id)), task_id=task.id, task=task.name)
        if run is None:
            continue
        usd = Amount(usd=task.agent.budget_usd or budget.run.usd)
        tokens = Amount(tokens=budget.run.tokens)
        own = (*lines_of("agent.budget", usd, used), *lines_of("budget.run", tokens, used))
        for line in _strained(budget, own):
            yield replace(_strain(line, run.id), task_id=task.id, task=task.name)


def _used(view: TaskView) -> Spent:
    """Return what the live run of a task has used so far."""
    facts = view.run_facts
    if view.live_run is None or facts is None or facts.pulse is None:
        return Spent()
    usage = facts.pulse.usage
    return Spent(usd=usage.cost_usd, tokens=usage.input_tokens + usage.output_tokens)


def _strained(budget: Budget, found: Iterable[Line]) -> Iterator[Line]:
    return (line for line in found if line.spent >= round(line.limit * budget.warn, USD_DIGITS))


def _strain(line: Line, window: str) -> Strain:
    return Strain(budget=line.name, window=window, words=line.words(), used_up=line.is_used_up)
