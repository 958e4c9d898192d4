"""The next command for a person who looks at a task. Derived, never stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Liveness

if TYPE_CHECKING:
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Pulse
    from wtagents.core.task import Task

_AFTER_UNDO = 'wta send {name} "…"; land it again as it is: wta merge {name}'
_AFTER = {
    Reason.AUTHENTICATION: "run claude and type /login; then: wta retry {name}",
    Reason.MODEL_UNKNOWN: "correct agent.model in wta.toml; then: wta retry {name}",
    Reason.BAD_SETTINGS: "wta doctor; then: wta retry {name}",
    Reason.PROMPT_TOO_LONG: "wta retry {name} --fresh",
    Reason.NO_COMMITS: "wta logs {name}",
    Reason.UNCOMMITTED: 'wta diff {name}; wta send {name} "commit your work"',
    Reason.WRONG_BRANCH: "wta diff {name}",
    Reason.SETUP_FAILED: "wta logs {name}; then: wta retry {name}",
    Reason.WORKTREE_LOST: "wta retry {name}",
    Reason.BUDGET: "wta retry {name}; a higher limit: agent.budget_usd in wta.toml",
    Reason.OUT_OF_MEMORY: "free some memory, or lower limits.agents; then: wta retry {name}",
    Reason.CHECKS_RED: 'wta send {name} "…"; take it as it is: wta accept {name}',
    Reason.MAX_TURNS: "wta retry {name}; a higher limit: agent.max_turns in wta.toml",
    Reason.STUCK: 'wta why {name}; then: wta send {name} "…", or: wta retry {name} --fresh',
    Reason.UNDONE: _AFTER_UNDO,
    Reason.TIMED_OUT: "wta retry {name}; a longer limit: agent.timeout in wta.toml",
}


_AFTER_SUSPICION = {
    Liveness.STUCK: "wta logs {name}; then: wta stop {name}",
    Liveness.LOOPING: 'wta logs {name}; then: wta send {name} "…"',
    Liveness.LOST: "wta supervise --once",
}
_WITHOUT_CREDIT = "add credit to the account, or change its plan; then: wta retry {name}"


def next_command(
    task: Task,
    *,
    liveness: Liveness | None,
    pulse: Pulse | None,
    merge: MergeRequest | None,
    end: ExitReason | None = None,
) -> str:
    """Return what to type next, '' when the task goes on by itself; `end` is of the last run."""
    name = task.name
    if pulse is not None and pulse.question is not None:
        if pulse.question.inquiries:
            return f"wta answer {name}{' --choice NUMBER' * len(pulse.question.inquiries)}"
        return f"wta answer {name} --allow, or: wta answer {name} --deny"
    if liveness in _AFTER_SUSPICION:
        return _AFTER_SUSPICION[liveness].format(name=name)
    match task.state:
        case TaskState.FAILED:
            after = _AFTER.get(task.reason) if task.reason else None
            if task.reason is Reason.AUTHENTICATION and end is ExitReason.BILLING:
                after = _WITHOUT_CREDIT
            return (after or "wta retry {name}").format(name=name)
        case TaskState.STOPPED:
            undone = task.reason is Reason.UNDONE
            return (_AFTER_UNDO if undone else "wta retry {name}").format(name=name)
        case TaskState.READY if merge is not None and merge.state is MergeState.REJECTED:
            return merge.hint or f"wta status {name}"
        case TaskState.READY:
            return f"wta merge {name}"
        case _:
            return ""
