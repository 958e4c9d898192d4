"""withdraw: take back the wish to land tasks; what has passed the point of no return lands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.landing.merge import MergeState
from wtagents.core.task import TaskState
from wtagents.operations.landing.outcome import MergeOutcome, outcomes_of
from wtagents.operations.result import OperationResult
from wtagents.store.merges import live_merge_request, move_merge_request
from wtagents.store.tasks import move_task, require_task, set_merge_when_ready

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def withdraw(context: Context, names: tuple[str, ...]) -> OperationResult[tuple[MergeOutcome, ...]]:
    """Take the requests of these tasks back, all or none of them; they are ready again.

    A batch that one of them is in lands without it. Raises UsageError, NotFoundError, StateError.
    """
    if not names:
        raise UsageError("name the tasks", hint="what waits: wta queue")
    now = context.clock.now()
    with context.database.write() as db:
        found = [_require_request(db, name) for name in dict.fromkeys(names)]
        for request in found:
            take_back_request(db, request, at=now, why="withdrawn by a person")
            set_merge_when_ready(db, request.task_id, now, wanted=False)
    outcomes = outcomes_of(context, [request.id for request in found])
    return OperationResult(data=outcomes, exit_code=ExitCode.OK)


def take_back_request(db: Database, request: MergeRequest, *, at: datetime, why: str) -> None:
    """Withdraw a request and let its task rest; nothing where it cannot be withdrawn any more."""
    if move_merge_request(db, request.id, MergeState.WITHDRAWN, at=at, detail=why) is not None:
        move_task(db, request.task_id, TaskState.READY, at=at, expected=(TaskState.MERGING,))


def _require_request(db: Database, name: str) -> MergeRequest:
    task = require_task(db, name)
    request = live_merge_request(db, task.id)
    if request is None:
        raise StateError(f"task {task.name} does not wait to land", hint="what waits: wta queue")
    if request.state is MergeState.ADVANCING:
        raise StateError(
            f"task {task.name} is landing at this moment", hint=f"take it back: wta undo {name}"
        )
    return request
