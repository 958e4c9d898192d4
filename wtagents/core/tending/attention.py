"""Attention: why a person is needed now, in one line, or ''. Derived, never stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age
from wtagents.core.landing.merge import HELD, MergeState
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Liveness, Verdict

if TYPE_CHECKING:
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Pulse
    from wtagents.core.task import Task


def attention(
    task: Task,
    verdict: Verdict | None,
    pulse: Pulse | None,
    merge: MergeRequest | None,
    *,
    end: ExitReason | None = None,
    red: str = "",
    wait: str = "",
) -> str:
    """Say what only a person can decide, most urgent first.

    `end` is of the last run, `red` the gate that fails on the target since the task has landed,
    `wait` what a queued task waits for that nothing but a person will change.
    """
    if verdict is not None:
        return _of_live_run(verdict, pulse)
    if task.state is TaskState.FAILED:
        unpaid = task.reason is Reason.AUTHENTICATION and end is ExitReason.BILLING
        why = str(end if unpaid else task.reason or "failed").replace("_", " ")
        return f"{why}: {task.detail}" if task.detail else why
    if task.state is TaskState.READY and merge and merge.state is MergeState.REJECTED:
        held = merge.rejection in HELD
        return f"held: {merge.detail}" if held else f"merge rejected: {merge.detail}"
    if task.state is TaskState.READY and task.detail:
        return task.detail
    if task.state is TaskState.QUEUED and wait:
        return wait
    if task.state is TaskState.MERGED and red:
        return f"{task.target} is red since it landed: {red}; take it back: wta undo {task.name}"
    return ""


def _of_live_run(verdict: Verdict, pulse: Pulse | None) -> str:
    if pulse is not None and pulse.question is not None:
        return pulse.question.told
    if verdict.liveness is Liveness.STUCK:
        still = pulse.still if pulse is not None else None
        idle = f", and {still.process} is idle" if still is not None and still.process else ""
        return f"silent for {age(verdict.age or 0.0)}{idle}"
    if verdict.liveness is Liveness.LOOPING:
        return f"goes in circles: {verdict.circle}"
    if verdict.liveness is Liveness.LOST:
        return "its runner is gone; the next tick restarts it"
    if pulse is not None and pulse.refused:
        kept = ", ".join(pulse.refused)
        return f"was kept from {kept}, which sandbox.network does not name"
    return ""
