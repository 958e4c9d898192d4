"""cost: what all runs have used, removed tasks included, by task, model or day."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.agent.models import load_models
from wtagents.core.record import record
from wtagents.core.run import Usage
from wtagents.core.task import TaskState
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


class By(StrEnum):
    """What a line stands for."""

    TASK = "task"
    MODEL = "model"
    DAY = "day"


@record
class CostRequest:
    """What `wta cost` was asked for."""

    by: By = By.TASK
    names: tuple[str, ...] = ()
    """Empty for all tasks there ever were."""
    at: datetime | None = None
    """A moment that has passed: what had been used until then."""


@record
class CostLine:
    """A sum over runs."""

    key: str
    state: str
    """Of the task; '' for a model or a day."""
    tasks: int
    runs: int
    turns: int
    input_tokens: int
    output_tokens: int
    usd: float
    """As the agent programs told it."""
    unbilled_usd: float
    """At most so much more, by list prices: of runs that live or were cut off."""


@record
class Cost:
    """All of it."""

    lines: tuple[CostLine, ...]
    total: CostLine
    landed: int
    """Tasks that have landed."""
    usd_per_landed: float | None
    """All dollars, those of failed tasks included, for each task that landed."""
    prices_as_of: str
    unknown: int = 0
    """Runs that lived at the moment that was asked about, of which nothing was kept."""


@record
class _Item:
    task: Task
    run: Run
    usage: Usage | None
    """None where it was not kept."""

    @property
    def used(self) -> Usage:
        """What is known of it."""
        return self.usage or Usage()


def cost(context: Context, request: CostRequest) -> OperationResult[Cost]:
    """Add up. Raises NotFoundError for an unknown name."""
    db = context.records
    with db.read():
        tasks, runs = _rows(db, request)
    items = [
        _Item(task=task, run=run, usage=_usage(context, run, request.at))
        for task in tasks
        for run in runs.get(task.id, ())
    ]
    groups: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        groups.setdefault(_key(item, request.by), []).append(item)
    total = _line("total", "", items)
    landed = sum(task.state is TaskState.MERGED for task in tasks)
    return OperationResult(
        data=Cost(
            lines=tuple(_line(key, state, group) for (key, state), group in groups.items()),
            total=total,
            landed=landed,
            usd_per_landed=round(total.usd / landed, 6) if landed else None,
            prices_as_of=load_models().as_of,
            unknown=sum(item.usage is None for item in items),
        )
    )


def _rows(db: Database, request: CostRequest) -> tuple[Sequence[Task], Mapping[int, Sequence[Run]]]:
    """Return the tasks that are meant, and the runs of each."""
    if request.at is not None:
        from wtagents.operations.telling.then import observe_then

        then = observe_then(db, request.at)
        return then.named(request.names) or tuple(then.tasks.values()), then.runs
    from wtagents.store.runs import runs_of
    from wtagents.store.tasks import require_task, tasks

    chosen = [require_task(db, name) for name in request.names] or tasks(db, removed=True)
    return chosen, {task.id: runs_of(db, task.id) for task in chosen}


def _key(item: _Item, by: By) -> tuple[str, str]:
    match by:
        case By.TASK:
            return item.task.name, str(item.task.state)
        case By.MODEL:
            return item.used.model or item.run.model or "unknown", ""
        case By.DAY:
            return f"{(item.run.ended_at or item.run.created_at).astimezone():%Y-%m-%d}", ""


def _usage(context: Context, run: Run, at: datetime | None) -> Usage | None:
    """Return what a run has used, or had at a moment; None where that was not kept."""
    if run.exit is not None:
        return run.exit.usage
    from wtagents.system.run_folder import load_pulse, pulse_until

    folder = context.paths.run(run.id)
    if at is None:
        pulse = load_pulse(folder)
        return pulse.usage if pulse is not None else Usage()
    kept = pulse_until(folder, at)
    return kept.pulse.usage if kept is not None else None


def _line(key: str, state: str, items: Iterable[_Item]) -> CostLine:
    rows = list(items)
    return CostLine(
        key=key,
        state=state,
        tasks=len({item.task.id for item in rows}),
        runs=len(rows),
        turns=sum(item.used.turns for item in rows),
        input_tokens=sum(item.used.input_tokens for item in rows),
        output_tokens=sum(item.used.output_tokens for item in rows),
        usd=round(sum(item.used.cost_usd for item in rows), 6),
        unbilled_usd=round(sum(_unbilled(item) for item in rows), 6),
    )


def _unbilled(item: _Item) -> float:
    """Return what list prices say of a run that told tokens and no cost."""
    usage = item.used
    if usage.cost_usd > 0:
        return 0.0
    found = load_models().cost(
        usage.model or item.run.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )
    return found or 0.0
