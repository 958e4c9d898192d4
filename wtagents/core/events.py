"""Events: what happened, appended in the transaction of the change and never edited."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime


class EventKind(StrEnum):
    """What happened."""

    TASK_ADDED = "task.added"
    TASK_MOVED = "task.moved"
    TASK_WISHED = "task.wished"
    TASK_REMOVED = "task.removed"
    TASK_RESTORED = "task.restored"
    TASK_FORKED = "task.forked"
    TASK_FORGOTTEN = "task.forgotten"
    RUN_ADDED = "run.added"
    RUN_MOVED = "run.moved"
    RUN_SUSPECTED = "run.suspected"
    MESSAGE_ADDED = "message.added"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"
    MERGE_REQUESTED = "merge.requested"
    MERGE_MOVED = "merge.moved"
    MERGE_UNDONE = "merge.undone"
    TARGET_CHECKED = "target.checked"
    REF_PUSHED = "ref.pushed"
    GATE_FLAKED = "gate.flaked"
    WORKTREE_TRASHED = "worktree.trashed"
    WORKTREE_RESTORED = "worktree.restored"
    WORKTREE_SWEPT = "worktree.swept"
    FILES_PUT_BACK = "files.put_back"
    COMMANDS_TRUSTED = "commands.trusted"
    FINGERPRINT_ACCEPTED = "fingerprint.accepted"
    CLASHES_CHANGED = "clashes.changed"
    CLAIM_ADDED = "claim.added"
    CLAIM_RELEASED = "claim.released"
    ACCOUNT_LIMITED = "account.limited"
    ACCOUNT_FREED = "account.freed"
    PAUSE_ADDED = "pause.added"
    PAUSE_ENDED = "pause.ended"
    BUDGET_STRAINED = "budget.strained"
    ACTION_FAILED = "action.failed"


@record
class Event:
    """One row of `event`."""

    id: int
    at: datetime
    kind: EventKind
    actor: str
    """`cli`, `tick` or `merger`."""
    task_id: int | None
    run_id: str | None
    merge_id: int | None
    data: dict[str, Any]
