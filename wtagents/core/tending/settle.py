"""What an ended run means for its task: the agent's word and the facts in the repository together.

`completed` alone proves nothing: commits, uncommitted files, the branch and denied tools are each
looked at. A failure of the agent is tried again a few times, one of the surroundings waited out;
what the next try cannot mend is parked at once with its remedy (`core/tending/failure.py`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.figures import plural
from wtagents.core.record import record, replace
from wtagents.core.run import ExitReason, Purpose
from wtagents.core.task import AgentKind, Reason, TaskState, Wish
from wtagents.core.tending.budget import Amount, Spent, is_used_up
from wtagents.core.tending.check import failed_check
from wtagents.core.tending.failure import Fault, fault_of, reason_of
from wtagents.core.tending.limit import is_guess, limit_end, spread
from wtagents.core.tending.liveness import Liveness
from wtagents.core.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.run import Exit, Run
    from wtagents.core.tending.check import Check
    from wtagents.core.tending.snapshot import TaskView
    from wtagents.core.worktree import WorktreeFacts

_LONGEST_PAUSE = timedelta(minutes=15)
_SHELL_LIMIT = 80
_MOST_KILLS = 5
"""Runs in a row that are killed before a person is asked: each of them may have cost money."""
_PAUSES = 10
"""So many times a pause grows; the longest one is reached before."""

_REASONS = {
    ExitReason.AGENT_ERROR: Reason.AGENT_ERROR,
    ExitReason.LOST: Reason.LOST,
    ExitReason.API_ERROR: Reason.API_ERROR,
    ExitReason.OVERLOADED: Reason.API_ERROR,
    ExitReason.REBOOTED: Reason.LOST,
    ExitReason.KILLED: Reason.LOST,
    ExitReason.OUT_OF_MEMORY: Reason.OUT_OF_MEMORY,
    ExitReason.RATE_LIMITED: Reason.RATE_LIMITED,
    ExitReason.MODEL_UNKNOWN: Reason.MODEL_UNKNOWN,
    ExitReason.BAD_SETTINGS: Reason.BAD_SETTINGS,
    ExitReason.PROMPT_TOO_LONG: Reason.PROMPT_TOO_LONG,
    ExitReason.AUTHENTICATION: Reason.AUTHENTICATION,
    # An account without credit is like one without a key: only a person can change it.
    ExitReason.BILLING: Reason.AUTHENTICATION,
    ExitReason.SETUP_FAILED: Reason.SETUP_FAILED,
    ExitReason.NOT_STARTED: Reason.NOT_STARTED,
    ExitReason.TIMED_OUT: Reason.TIMED_OUT,
    ExitReason.BUDGET: Reason.BUDGET,
    ExitReason.MAX_TURNS: Reason.MAX_TURNS,
}

_BY_PERSON = (ExitReason.STOPPED, ExitReason.PAUSED, ExitReason.INTERRUPTED)


@record
class SettlePolicy:
    """How often and how soon to try again."""

    retries: int = 2
    first_pause: timedelta = timedelta(seconds=10)
    patience: timedelta = timedelta(hours=24)
    """How long failures of the surroundings are waited out, while the machine is awake."""
    run: Amount = Amount()
    """What one run may use, as a person said."""
    task: Amount = Amount()
    """What all runs of a task may use."""
    rounds: int = 3
    """How often an agent is asked to mend what a check found."""
    commit_request: bool = True
    """Ask an agent once to commit what it left uncommitted."""


@record
class Settlement:
    """Where a task goes, and why."""

    to: TaskState
    reason: Reason | None = None
    detail: str = ""
    not_before: datetime | None = None
    failed_attempt: bool = False
    """Count one more failure of the agent."""
    forgive: bool = False
    """Forget earlier failures and requests: a person has spoken."""

    @classmethod
    def stopped(cls) -> Settlement:
        """Rest because a person said so."""
        return cls(to=TaskState.STOPPED, reason=Reason.STOPPED_BY_PERSON)


def settle(view: TaskView, policy: SettlePolicy, now: datetime) -> Settlement | Purpose:
    """Judge the ended run of an active task; a purpose begins another run at once."""
    task, run = view.task, view.run
    if task.wish is Wish.STOP:
        return Settlement.stopped()
    if run is None or run.exit is None or run.exit.reason is ExitReason.CONVERSATION_LOST:
        return Settlement(to=TaskState.QUEUED)
    end = run.exit
    if view.given_up and end.reason is not ExitReason.COMPLETED:
        return _given_up(view)
    if reason_of(run) is ExitReason.KILLED:
        end = replace(end, reason=ExitReason.KILLED, detail="ended from outside, not by wta")
    if end.reason in _BY_PERSON:
        return _judge_stop(view, end, policy, now)
    if fault_of(end.reason) is not None:
        return _judge_failure(view, run, end, policy, now)
    if any(message.is_words for message in view.messages):
        return Settlement(to=TaskState.QUEUED, forgive=True)
    return _judge_repository(view, end, policy)


def _given_up(view: TaskView) -> Settlement:
    circles = view.suspicion is not None and view.suspicion.liveness is Liveness.LOOPING
    detail = "stopped, for it went in circles" if circles else "stopped, for it did not go on"
    return Settlement(to=TaskState.FAILED, reason=Reason.STUCK, detail=detail)


def _judge_stop(view: TaskView, end: Exit, policy: SettlePolicy, now: datetime) -> Settlement:
    """Let it go on, now or after its pause: a task that is wished to rest does so before."""
    if view.paused or end.reason is ExitReason.PAUSED:
        return Settlement(to=TaskState.QUEUED)
    if end.reason is ExitReason.INTERRUPTED:
        return Settlement.stopped()
    if view.task.fresh:
        # It is to begin anew (core/tending/suspicion.py).
        return _try_again(view, replace(end, reason=ExitReason.AGENT_ERROR), policy, now)
    return Settlement(to=TaskState.QUEUED)


def _judge_failure(
    view: TaskView, run: Run, end: Exit, policy: SettlePolicy, now: datetime
) -> Settlement:
    match fault_of(end.reason):
        case Fault.AGENT:
            return _try_again(view, end, policy, now)
        case Fault.SURROUNDINGS:
            return _wait_out(view, run, end, policy, now)
        case Fault.LIMIT if _has_used_a_share(view, run, end, policy):
            return Settlement(to=TaskState.QUEUED, reason=Reason.BUDGET, detail=end.detail)
        case _:
            return Settlement(to=TaskState.FAILED, reason=_REASONS[end.reason], detail=end.detail)


def _has_used_a_share(view: TaskView, run: Run, end: Exit, policy: SettlePolicy) -> bool:
    """Whether only the share of a budget is used up that the run was given, no limit of its own."""
    if end.reason is not ExitReason.BUDGET or run.allowance == Amount():
        return False
    asked = view.task.agent.budget_usd or policy.run.usd
    own = Amount(usd=asked, tokens=policy.run.tokens)
    used = Spent(usd=end.usage.cost_usd, tokens=end.usage.input_tokens + end.usage.output_tokens)
    return not is_used_up(own, used) and not is_used_up(policy.task, view.spent)


def _try_again(view: TaskView, end: Exit, policy: SettlePolicy, now: datetime) -> Settlement:
    reason, attempts = _REASONS[end.reason], view.task.attempts
    if attempts >= policy.retries:
        detail = f"{end.detail} (after {attempts + 1} attempts)"
        return Settlement(to=TaskState.FAILED, reason=reason, detail=detail)
    return Settlement(
        to=TaskState.QUEUED,
        reason=reason,
        detail=end.detail,
        not_before=_after_pause(view, policy, attempts, now),
        failed_attempt=True,
    )


def _wait_out(
    view: TaskView, run: Run, end: Exit, policy: SettlePolicy, now: datetime
) -> Settlement:
    """Wait until the surroundings have recovered; no attempt of the agent is counted."""
    reason, streak = _REASONS[end.reason], view.streak
    limited_until = limit_end(end)
    if limited_until is not None and is_guess(end) and (run.account or view.account):
        # The limit of the account holds it: as a length, which a clock that is set does not change.
        not_before = None
    elif limited_until is not None:
        not_before = limited_until + spread(limited_until - end.at, view.task.id)
    elif end.reason is ExitReason.REBOOTED:
        not_before = None
    elif streak.kills >= _MOST_KILLS:
        detail = f"{end.detail} ({streak.kills} times in a row)"
        return Settlement(to=TaskState.FAILED, reason=reason, detail=detail)
    elif streak.waited >= policy.patience:
        hours = streak.waited.total_seconds() / 3600
        detail = f"{end.detail} (for {hours:.0f} hours, {streak.runs} runs)"
        return Settlement(to=TaskState.FAILED, reason=reason, detail=detail)
    else:
        not_before = _after_pause(view, policy, max(streak.runs, streak.kills, 1) - 1, now)
    return Settlement(to=TaskState.QUEUED, reason=reason, detail=end.detail, not_before=not_before)


def _after_pause(view: TaskView, policy: SettlePolicy, before: int, now: datetime) -> datetime:
    """Return when the next try begins: four times later after each, a little apart from others."""
    longer: int = 4 ** min(before, _PAUSES)
    pause = min(policy.first_pause * longer, _LONGEST_PAUSE)
    return now + pause + spread(pause, view.run.id if view.run else view.task.id)


def _judge_repository(view: TaskView, end: Exit, policy: SettlePolicy) -> Settlement | Purpose:
    facts = view.worktree
    fault = _fault(view, facts)
    if fault is not None:
        return fault
    if facts is not None and facts.uncommitted:
        listens = view.task.agent.kind is not AgentKind.COMMAND
        if policy.commit_request and listens and not view.task.commit_asked:
            return Purpose.COMMIT
        paths = "1 path is" if facts.uncommitted == 1 else f"{facts.uncommitted} paths are"
        return Settlement(
            to=TaskState.FAILED, reason=Reason.UNCOMMITTED, detail=f"{paths} not committed"
        )
    if facts is not None and not facts.commits:
        detail = "the agent made no commit" + _denied(end)
        return Settlement(to=TaskState.FAILED, reason=Reason.NO_COMMITS, detail=detail)
    red = failed_check(end.checks)
    if red is not None:
        return _judge_check(view, red, policy)
    return Settlement(to=TaskState.READY, detail=_denied(end).removeprefix("; "))


def _judge_check(view: TaskView, red: Check, policy: SettlePolicy) -> Settlement | Purpose:
    listens = view.task.agent.kind is not AgentKind.COMMAND
    if listens and view.mended < policy.rounds:
        return Purpose.MEND
    rounds = f" (after {plural(view.mended, 'round')} of mending)" if view.mended else ""
    detail = f"the check {printable(red.command, _SHELL_LIMIT)!r} {red.verdict}{rounds}"
    return Settlement(to=TaskState.FAILED, reason=Reason.CHECKS_RED, detail=detail)


def _fault(view: TaskView, facts: WorktreeFacts | None) -> Settlement | None:
    if facts is None:
        detail = f"{view.task.worktree} is not a worktree of this repository any more"
        return Settlement(to=TaskState.FAILED, reason=Reason.WORKTREE_LOST, detail=detail)
    if facts.operation:
        detail = f"a {facts.operation} is in progress in the worktree"
        return Settlement(to=TaskState.FAILED, reason=Reason.UNCOMMITTED, detail=detail)
    if facts.branch != view.task.branch:
        where = f"branch {facts.branch}" if facts.branch else f"detached at {facts.head.short}"
        detail = f"HEAD of the worktree is {where}, not {view.task.branch}"
        return Settlement(to=TaskState.FAILED, reason=Reason.WRONG_BRANCH, detail=detail)
    return None


def _denied(end: Exit) -> str:
    return f"; denied: {', '.join(end.denials)}" if end.denials else ""
