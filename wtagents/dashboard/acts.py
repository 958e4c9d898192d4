"""What a person may do from the dashboard: the one table behind keys, help and palette. Pure.

Whether an act makes sense now is only a hint: the operation decides.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import HELD, MergeState
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_MERGE_STATES, LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.pause import Pauses

if TYPE_CHECKING:
    from wtagents.operations.telling.status import TaskStatus


class Act(StrEnum):
    """A verb of the command line that the dashboard offers."""

    ANSWER = "answer"
    SEND = "send"
    MERGE = "merge"
    APPROVE = "approve"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    RETRY = "retry"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    UNDO = "undo"
    CANCEL = "cancel"
    FORK = "fork"
    RESTORE = "restore"
    FREEZE = "freeze"
    THAW = "thaw"
    HOLD = "hold"
    RELEASE = "release"
    SPAWN = "spawn"
    ADOPT = "adopt"


@record
class Deed:
    """How an act is asked for."""

    act: Act
    key: str
    word: str
    """In the line of keys and in the palette."""
    meaning: str
    """In the help."""
    asks: bool = False
    """Whether a person confirms it, for it destroys or stops something."""
    prominent: bool = True
    """Whether it is named in the line of keys; the palette and the help name all."""


TASK_DEEDS = (
    Deed(act=Act.ANSWER, key="a", word="Answer", meaning="answer what its agent asks"),
    Deed(act=Act.SEND, key="t", word="Tell", meaning="say something to its agent"),
    Deed(act=Act.MERGE, key="m", word="Merge", meaning="ask for it to land"),
    Deed(act=Act.APPROVE, key="A", word="Approve", meaning="let land what is held", asks=True),
    Deed(act=Act.ACCEPT, key="A", word="Accept", meaning="take work with red checks", asks=True),
    Deed(act=Act.WITHDRAW, key="w", word="Withdraw", meaning="take the wish to land back"),
    Deed(act=Act.RETRY, key="r", word="Retry", meaning="begin it again"),
    Deed(act=Act.STOP, key="x", word="Stop", meaning="stop its agent; all is kept"),
    Deed(act=Act.RESUME, key="p", word="Resume", meaning="let it go on"),
    Deed(act=Act.PAUSE, key="p", word="Pause", meaning="hold it back", prominent=False),
    Deed(act=Act.UNDO, key="u", word="Undo", meaning="take its landing back", asks=True),
    Deed(act=Act.CANCEL, key="c", word="Cancel", meaning="give it up", asks=True, prominent=False),
    Deed(
        act=Act.FORK, key="b", word="Fork", meaning="begin a new task where it is", prominent=False
    ),
    Deed(
        act=Act.RESTORE,
        key="R",
        word="Restore",
        meaning="put the files of a checkpoint back",
        asks=True,
        prominent=False,
    ),
)
"""About one task, on every screen that has one."""
ALL_DEEDS = (
    Deed(act=Act.THAW, key="F", word="Thaw", meaning="let go on what was frozen"),
    Deed(
        act=Act.FREEZE, key="F", word="Freeze", meaning="stop every agent", asks=True,
        prominent=False,
    ),
    Deed(act=Act.RELEASE, key="P", word="Resume starts", meaning="let tasks start again"),
    Deed(
        act=Act.HOLD, key="P", word="Pause starts", meaning="start nobody any more",
        prominent=False,
    ),
)  # fmt: skip
"""About a whole repository, on every screen that has tasks."""
BOARD_DEEDS = (
    Deed(act=Act.SPAWN, key="n", word="New task", meaning="begin a new task"),
    Deed(
        act=Act.ADOPT, key="T", word="Take over", meaning="make a task of somebody's worktree",
        asks=True, prominent=False,
    ),
)  # fmt: skip
"""On the board alone."""
DEEDS = (*TASK_DEEDS, *ALL_DEEDS, *BOARD_DEEDS)

CHANGES = frozenset({"act", "allow", "deny", "alike", "rule", "talk"})
"""Actions of keys that change something: not offered by a dashboard that only looks."""
ONLY_LOOKS = "this dashboard only looks"
"""What it says to whoever finds another way to act."""
_RESTING = (TaskState.FAILED, TaskState.STOPPED)


def possible_acts(item: TaskStatus, pauses: Pauses | None = None) -> frozenset[Act]:
    """Return what makes sense for a task."""
    task, merge = item.task, item.merge
    lives = item.run is not None and item.run.state in LIVE_RUN_STATES
    lands = merge is not None and merge.state in LIVE_MERGE_STATES
    rests = not lives and not lands
    has_commits = item.worktree is not None and item.worktree.commits > 0
    has_work_at_rest = has_commits and task.state in _RESTING
    ended = task.state in ENDED_TASK_STATES
    is_paused = task.id in (pauses or Pauses()).tasks
    starts = not ended and task.state not in (TaskState.READY, TaskState.MERGING, *_RESTING)
    allowed = {
        Act.ANSWER: item.pulse is not None and item.pulse.question is not None,
        Act.SEND: not ended and task.state is not TaskState.MERGING,
        Act.MERGE: rests
        and not is_held(item)
        and (task.state is TaskState.READY or has_work_at_rest),
        Act.APPROVE: rests and is_held(item),
        Act.ACCEPT: task.state is TaskState.FAILED and task.reason is Reason.CHECKS_RED,
        Act.WITHDRAW: merge is not None and lands and merge.state is not MergeState.ADVANCING,
        Act.STOP: not lands and starts,
        Act.PAUSE: starts and not is_paused,
        Act.RESUME: not ended and is_paused,
        Act.CANCEL: not ended and not lands,
        Act.RETRY: rests and task.state in _RESTING,
        Act.UNDO: task.state is TaskState.MERGED,
        Act.FORK: task.removed_at is None and item.run is not None,
        Act.RESTORE: not lands and item.run is not None and task.removed_at is None,
    }
    return frozenset(act for act, yes in allowed.items() if yes)


def possible_for_all(pauses: Pauses) -> frozenset[Act]:
    """Return what makes sense for a whole repository."""
    starts = Act.RELEASE if pauses.starts else Act.HOLD
    return frozenset({Act.THAW} if pauses.frozen else {Act.FREEZE, starts}) | {
        each.act for each in BOARD_DEEDS
    }


def is_held(item: TaskStatus) -> bool:
    """Whether a person must look at its landing and let it pass."""
    merge = item.merge
    return (
        item.task.state is TaskState.READY
        and merge is not None
        and merge.state is MergeState.REJECTED
        and merge.rejection in HELD
    )
