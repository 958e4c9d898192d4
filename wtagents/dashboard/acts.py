"""What a person may do to a task as it is now. Only a hint: the operation decides. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import HELD, MergeState
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.task import TaskState

if TYPE_CHECKING:
    from wtagents.operations.telling.status import TaskStatus


class Act(StrEnum):
    """A verb of the command line that the dashboard offers for one task."""

    ANSWER = "answer"
    SEND = "send"
    MERGE = "merge"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    STOP = "stop"
    CANCEL = "cancel"
    RETRY = "retry"
    UNDO = "undo"


DEEDS = frozenset({*Act, "allow", "deny", "allow_alike", "spawn", "talk"})
"""Actions of keys that change something: not offered by a dashboard that only looks."""
ONLY_LOOKS = "this dashboard only looks"
"""What it says to whoever finds another way to act."""
_RESTING = (TaskState.FAILED, TaskState.STOPPED)


def possible_acts(item: TaskStatus) -> frozenset[Act]:
    """Return what makes sense for a task."""
    task, merge = item.task, item.merge
    lives = item.run is not None and item.run.state in LIVE_RUN_STATES
    lands = merge is not None and merge.state in LIVE_MERGE_STATES
    rests = not lives and not lands
    has_commits = item.worktree is not None and item.worktree.commits > 0
    has_work_at_rest = has_commits and task.state in _RESTING
    ended = task.state in ENDED_TASK_STATES
    allowed = {
        Act.ANSWER: item.pulse is not None and item.pulse.question is not None,
        Act.SEND: not ended and task.state is not TaskState.MERGING,
        Act.MERGE: rests
        and not is_held(item)
        and (task.state is TaskState.READY or has_work_at_rest),
        Act.APPROVE: rests and is_held(item),
        Act.WITHDRAW: merge is not None and lands and merge.state is not MergeState.ADVANCING,
        Act.STOP: not ended and not lands and task.state not in (TaskState.READY, *_RESTING),
        Act.CANCEL: not ended and not lands,
        Act.RETRY: rests and task.state in _RESTING,
        Act.UNDO: task.state is TaskState.MERGED,
    }
    return frozenset(act for act, yes in allowed.items() if yes)


def is_held(item: TaskStatus) -> bool:
    """Whether a person must look at its landing and let it pass."""
    merge = item.merge
    return (
        item.task.state is TaskState.READY
        and merge is not None
        and merge.state is MergeState.REJECTED
        and merge.rejection in HELD
    )
