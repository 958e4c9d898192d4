"""statusline: who works, who needs a person and what it costs, for one line that is always there.

It is asked every few seconds: only the store and the run folders are read, git is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.operations.result import OperationResult
from wtagents.operations.telling.overview import cost_today, limits
from wtagents.operations.telling.status import StatusRequest, status

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.agent.claude_status import ClaudeSession
    from wtagents.operations.context import Context

_WAITING = (TaskState.QUEUED, TaskState.PREPARING)


@record
class StatusLine:
    """One look."""

    tasks: int
    at_work: int
    queued: int
    needing: tuple[str, ...]
    """Names of the tasks that need a person."""
    ready: int
    landing: int
    cost_today: float
    day_usd: float | None
    """The budget of a day."""
    limited_until: datetime | None
    """When the last account that is at its limit may work again."""
    task: str = ""
    """In whose worktree the session works."""
    session: ClaudeSession | None = None


def statusline(
    context: Context, session: ClaudeSession | None = None
) -> OperationResult[StatusLine]:
    """Look at everything. Raises SystemFault when the store cannot be read."""
    found = status(context, StatusRequest(remembered=True)).data
    calm = [item for item in found if not item.attention]
    folder = "" if session is None else session.folder
    inside = (item.task for item in found if _is_inside(folder, str(item.task.worktree)))
    return OperationResult(
        data=StatusLine(
            tasks=len(found),
            at_work=sum(
                item.run is not None and item.run.state in LIVE_RUN_STATES for item in calm
            ),
            queued=sum(item.task.state in _WAITING for item in calm),
            needing=tuple(item.task.name for item in found if item.attention),
            ready=sum(item.task.state is TaskState.READY for item in calm),
            landing=sum(item.task.state is TaskState.MERGING for item in calm),
            cost_today=cost_today(context, found),
            day_usd=context.settings.budget.day_usd,
            limited_until=max((each.until for each in limits(context)), default=None),
            task=next((task.name for task in inside), ""),
            session=session,
        )
    )


def _is_inside(folder: str, worktree: str) -> bool:
    return folder == worktree or folder.startswith(f"{worktree}/")
