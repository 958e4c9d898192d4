"""parked: the tasks that only a person can take further, with all that is needed to do so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.task import AgentKind, TaskState
from wtagents.core.tending.failure import Fault, fault_of
from wtagents.core.tending.remedy import next_command
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.status import StatusRequest, status

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import TaskName
    from wtagents.core.run import Usage
    from wtagents.core.task import Reason
    from wtagents.operations.context import Context
    from wtagents.operations.telling.status import TaskStatus


@record
class Parked:
    """A failed task at rest: nothing of it is lost, and nothing happens by itself."""

    name: TaskName
    reason: Reason | None
    fault: Fault | None
    """None when the run ended well and the repository was not as wanted."""
    detail: str
    since: datetime
    runs: int
    usage: Usage
    """Of all its runs."""
    commits: int
    uncommitted: int
    worktree: Path
    session_id: str
    """The conversation that a retry goes on with; '' before the first run."""
    next: str
    """What to type first."""
    also: tuple[str, ...]
    """Other ways to look at it or to go on."""


def parked(context: Context) -> OperationResult[tuple[Parked, ...]]:
    """Return the parked tasks, the one that rests longest first."""
    items = status(context, StatusRequest()).data
    resting = [item for item in items if item.task.state is TaskState.FAILED]
    resting.sort(key=lambda item: (item.task.changed_at, item.task.id))
    return OperationResult(data=tuple(_parked(item) for item in resting))


def _parked(item: TaskStatus) -> Parked:
    task, run, facts = item.task, item.run, item.worktree
    end = run.exit.reason if run is not None and run.exit is not None else None
    name = task.name
    also = [f"wta diff {name}", f"wta logs {name}"]
    if run is not None and task.agent.kind is AgentKind.CLAUDE:
        also.append(f"wta attach {name} --takeover")
    return Parked(
        name=name,
        reason=task.reason,
        fault=fault_of(end) if end is not None else None,
        detail=task.detail,
        since=task.changed_at,
        runs=run.number if run is not None else 0,
        usage=item.usage,
        commits=facts.commits if facts is not None else 0,
        uncommitted=facts.uncommitted if facts is not None else 0,
        worktree=task.worktree,
        session_id=run.session_id if run is not None else "",
        next=next_command(task, liveness=None, pulse=None, merge=item.merge, end=end),
        also=(*also, f"wta cancel {name}"),
    )
