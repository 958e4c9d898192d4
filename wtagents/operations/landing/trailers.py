"""What a landed commit says of its task: name, run, model, cost, gates, and who resolved what.

All of it is a fact of ours when the candidate is built. The gates that a commit names have passed
on it, or it would not have landed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.text import printable
from wtagents.store.runs import latest_run, usage_of_ended_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.landing.merge import Resolution
    from wtagents.core.task import Task
    from wtagents.operations.landing.landing import Landing

_VALUE_LIMIT = 200
NO_GATE, SKIPPED = "none", "skipped"


def task_trailer(task: Task) -> str:
    """Return the line that links a commit to its task."""
    return f"Wta-Task: {task.name}"


def landing_trailers(landing: Landing) -> tuple[str, ...]:
    """Return the lines for every commit of a landing, after that of the task."""
    context, task = landing.context, landing.task
    with context.database.read() as db:
        run, usage = latest_run(db, task.id), usage_of_ended_runs(db).get(task.id)
    model, cost = (usage.model, usage.cost_usd) if usage else ("", 0.0)
    gates = "; ".join(context.settings.merge.gate) or NO_GATE
    said = {
        "Run": run.id if run else "",
        "Model": model or task.agent.model or "",
        "Cost": f"{cost:.4f} USD" if cost else "",
        "Gates": SKIPPED if landing.request.skip_gate else gates,
    }
    return tuple(_trailer(key, value) for key, value in said.items() if value.strip())


def resolved_trailers(resolutions: Iterable[Resolution]) -> tuple[str, ...]:
    """Return the lines for the commit whose conflicts these were."""
    return tuple(
        _trailer("Resolved", f"{printable(each.path, _VALUE_LIMIT - 20)} ({each.solver})")
        for each in resolutions
    )


def _trailer(key: str, value: str) -> str:
    return f"Wta-{key}: {printable(value, _VALUE_LIMIT)}"
