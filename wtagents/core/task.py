"""A task: what was asked, how far it is, and what is wished of it now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.moments import is_on
from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import BranchName, Oid, TaskName


class TaskState(StrEnum):
    """How far a task is; the arrows are in `core/lifecycle.py`."""

    QUEUED = "queued"
    PREPARING = "preparing"
    ACTIVE = "active"
    READY = "ready"
    MERGING = "merging"
    MERGED = "merged"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Wish(StrEnum):
    """What a person wants of the task; an intent, never a state."""

    WORK = "work"
    STOP = "stop"
    CANCEL = "cancel"


class Reason(StrEnum):
    """Why a task rests in `failed` or `stopped`, or needs a person although it is `ready`."""

    AGENT_ERROR = "agent_error"
    API_ERROR = "api_error"
    AUTHENTICATION = "authentication"
    RATE_LIMITED = "rate_limited"
    MODEL_UNKNOWN = "model_unknown"
    BAD_SETTINGS = "bad_settings"
    PROMPT_TOO_LONG = "prompt_too_long"
    NO_COMMITS = "no_commits"
    UNCOMMITTED = "uncommitted"
    WRONG_BRANCH = "wrong_branch"
    OUT_OF_MEMORY = "out_of_memory"
    SETUP_FAILED = "setup_failed"
    NOT_STARTED = "not_started"
    WORKTREE_LOST = "worktree_lost"
    TIMED_OUT = "timed_out"
    BUDGET = "budget"
    MAX_TURNS = "max_turns"
    CHECKS_RED = "checks_red"
    """The agent could not make `verify.commands` pass."""
    LOST = "lost"
    STUCK = "stuck"
    """It was stuck or went in circles, and was stopped for that (`limits.response`)."""
    STOPPED_BY_PERSON = "stopped_by_person"
    UNDONE = "undone"
    """It had landed and was taken back."""


class AgentKind(StrEnum):
    """Which program behind the agent port does the work."""

    CLAUDE = "claude"
    SCRIPTED = "scripted"
    COMMAND = "command"


@record
class AgentSpec:
    """The agent as asked for when the task was made; settings fill what is None at each start."""

    kind: AgentKind = AgentKind.CLAUDE
    argv: tuple[str, ...] = ()
    """For `command`: program and arguments, `{prompt}` and `{worktree}` still unreplaced."""
    model: str | None = None
    permission_mode: str | None = None
    max_turns: int | None = None
    budget_usd: float | None = None
    timeout_seconds: float | None = None
    profile: str | None = None
    """Name of the resource profile that model and budget are of."""


@record
class Task:
    """One row of `task`."""

    id: int
    name: TaskName
    state: TaskState
    wish: Wish
    reason: Reason | None
    detail: str
    """One line for a person: what exactly stands behind `reason`, or ''."""
    prompt: str
    base: Oid
    """Commit the branch started from."""
    target: BranchName
    """Branch a merge goes to."""
    branch: BranchName
    worktree: Path
    agent: AgentSpec
    merge_when_ready: bool
    attempts: int
    """Runs that ended by the agent's own fault since the last person's word."""
    fresh: bool
    """Whether the next run starts a new conversation; cleared when it begins."""
    commit_asked: bool
    """Whether the agent was already asked to commit what it left."""
    not_before: datetime | None
    created_at: datetime
    changed_at: datetime
    removed_at: datetime | None
    """When its worktree and branch went to the trash; None while the name is taken."""
    priority: int = 0
    """Higher starts first."""

    def rests_until_later(self, now: datetime) -> bool:
        """Whether its next try comes after a while.

        The end of a limit is a moment of any clock; every other pause is a length.
        """
        if self.not_before is None or self.reason is Reason.RATE_LIMITED:
            return self.not_before is not None and now < self.not_before
        return is_on(self.changed_at, self.not_before, now)
