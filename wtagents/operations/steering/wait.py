"""wait: for scripts, until tasks are ready, merged or need a person."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, ExitCode, SystemFault
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.operations.result import OperationResult, uncounted
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.telling.status import StatusRequest, TaskStatus, status
from wtagents.operations.tick import tick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.operations.context import Context
    from wtagents.operations.result import Count


class Until(StrEnum):
    """What to wait for."""

    READY = "ready"
    """Every task is ready, or further."""
    MERGED = "merged"
    """Every task is merged."""
    ATTENTION = "attention"
    """One of the tasks needs a person, or all have ended."""


@record
class WaitRequest:
    """What `wta wait` was asked for."""

    names: tuple[str, ...] = ()
    """Empty for all tasks."""
    until: Until = Until.READY
    timeout: float | None = None
    """Seconds; None for ever."""


_REACHED = {
    Until.READY: {TaskState.READY, TaskState.MERGING, TaskState.MERGED},
    Until.MERGED: {TaskState.MERGED},
    Until.ATTENTION: {TaskState.MERGED, TaskState.CANCELLED},
}


def wait(context: Context, request: WaitRequest) -> OperationResult[tuple[TaskStatus, ...]]:
    """Return when the wish is reached (0) or cannot be reached without a person (1).

    Raises DeadlineError when the time is over.
    """

    def look() -> OperationResult[tuple[TaskStatus, ...]] | None:
        fault = _ticked(context)
        seen = status(context, StatusRequest(names=request.names)).data
        verdict = _verdict(seen, request.until)
        if verdict is None and fault is not None:
            raise fault
        return verdict

    result = wait_for(context.clock, look, seconds=request.timeout)
    if result is None:
        raise DeadlineError(
            f"not {request.until} within {request.timeout:g} s", hint="see why: wta status"
        )
    return result


def wait_for_each(
    context: Context, wishes: Mapping[str, Until], *, count: Count = uncounted
) -> OperationResult[tuple[TaskStatus, ...]]:
    """Return when every task is where it is to get, or cannot get there without a person (1).

    Whoever cannot keeps nobody from going on: the others are waited for.
    """

    def look() -> OperationResult[tuple[TaskStatus, ...]] | None:
        fault = _ticked(context)
        seen = status(context, StatusRequest(names=tuple(wishes))).data
        verdicts = [_verdict((item,), wishes[item.task.name]) for item in seen]
        open_ones = [item for item, said in zip(seen, verdicts, strict=True) if said is None]
        if not open_ones:
            reached = all(said is not None and said.exit_code is ExitCode.OK for said in verdicts)
            return OperationResult(
                data=seen, exit_code=ExitCode.OK if reached else ExitCode.UNFULFILLED
            )
        if fault is not None:
            raise fault
        count(len(seen) - len(open_ones), len(seen), open_ones[0].task.name)
        return None

    result = wait_for(context.clock, look, seconds=None) if wishes else None
    return result or OperationResult(data=())


def _ticked(context: Context) -> SystemFault | None:
    """Bring the world on; on a disk that takes no writes what stands there is what there is."""
    try:
        tick(context)
    except SystemFault as fault:
        return fault
    return None


def _verdict(
    seen: tuple[TaskStatus, ...], until: Until
) -> OperationResult[tuple[TaskStatus, ...]] | None:
    needy = tuple(item for item in seen if item.attention)
    if until is Until.ATTENTION and needy:
        return OperationResult(data=needy)
    if all(item.task.state in _REACHED[until] for item in seen):
        return OperationResult(data=seen)
    if any(_cannot(item, until) for item in seen):
        return OperationResult(data=seen, exit_code=ExitCode.UNFULFILLED)
    return None


def _cannot(item: TaskStatus, until: Until) -> bool:
    """Whether a task rests where nothing will move it on by itself."""
    if until is Until.ATTENTION:
        return False
    state = item.task.state
    resting = {TaskState.FAILED, TaskState.STOPPED, TaskState.CANCELLED}
    rejected = until is Until.MERGED and state is TaskState.READY and bool(item.attention)
    kept = item.wait is not None and item.wait.final
    kept |= until is Until.MERGED and item.behind is not None and item.behind.rests
    return state in resting or rejected or kept or bool(item.pulse and item.pulse.question)
