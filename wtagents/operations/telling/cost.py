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
    from collections.abc import Iterable

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context


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


@record
class _Item:
    task: Task
    run: Run
    usage: Usage


def cost(context: Context, request: CostRequest) -> OperationResult[Cost]:
    """Add up. Raises NotFoundError for an unknown name."""
    from wtagents.store.runs import runs_of
    from wtagents.store.tasks import require_task, tasks

    db = context.records
    with db.read():
        chosen = (
            [require_task(db, name) for name in request.names]
            if request.names
            else tasks(db, removed=True)
        )
        items = [
            _Item(task=task, run=run, usage=_usage(context, run))
            for task in chosen
            for run in runs_of(db, task.id)
        ]
    groups: dict[tuple[str, str], list[_Item]] = {}
    for item in items:
        groups.setdefault(_key(item, request.by), []).append(item)
    total = _line("total", "", items)
    landed = sum(task.state is TaskState.MERGED for task in chosen)
    return OperationResult(
        data=Cost(
            lines=tuple(_line(key, state, group) for (key, state), group in groups.items()),
            total=total,
            landed=landed,
            usd_per_landed=round(total.usd / landed, 6) if landed else None,
            prices_as_of=load_models().as_of,
        )
    )


def _key(item: _Item, by: By) -> tuple[str, str]:
    match by:
        case By.TASK:
            return item.task.name, str(item.task.state)
        case By.MODEL:
            return item.usage.model or item.run.model or "unknown", ""
        case By.DAY:
            return f"{(item.run.ended_at or item.run.created_at).astimezone():%Y-%m-%d}", ""


def _usage(context: Context, run: Run) -> Usage:
    if run.exit is not None:
        return run.exit.usage
    from wtagents.system.run_folder import load_pulse

    pulse = load_pulse(context.paths.run(run.id))
    return pulse.usage if pulse is not None else Usage()


def _line(key: str, state: str, items: Iterable[_Item]) -> CostLine:
    rows = list(items)
    return CostLine(
        key=key,
        state=state,
        tasks=len({item.task.id for item in rows}),
        runs=len(rows),
        turns=sum(item.usage.turns for item in rows),
        input_tokens=sum(item.usage.input_tokens for item in rows),
        output_tokens=sum(item.usage.output_tokens for item in rows),
        usd=round(sum(item.usage.cost_usd for item in rows), 6),
        unbilled_usd=round(sum(_unbilled(item) for item in rows), 6),
    )


def _unbilled(item: _Item) -> float:
    """Return what list prices say of a run that told tokens and no cost."""
    usage = item.usage
    if usage.cost_usd > 0:
        return 0.0
    found = load_models().cost(
        usage.model or item.run.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )
    return found or 0.0
