"""The three machines. A change of state that is not drawn here cannot be stored.

    Task    queued → preparing → active → ready → merging → merged
            active → failed | stopped → queued (retry, a new message)
            ready → queued (a new message)      merging → ready (rejected, withdrawn)
            preparing → failed                  any live → cancelled
            merged → stopped | failed (undone by a person, or by itself)
    Run     starting → running → stopping → exited      any live → lost
            starting → exited (set-up failed, the program is missing)
    Merge   waiting → replaying ⇄ resolving → gating → advancing → merged
            replaying | resolving → merged (the target has all of it already)
            any live → waiting (superseded: the target moved) | rejected | withdrawn
            (advancing is the point of no return: it is not withdrawn)

Backoff is `not_before`; stuck, late and waiting are derived, never stored.
"""

from __future__ import annotations

from wtagents.core.landing.merge import MergeState
from wtagents.core.run import RunState
from wtagents.core.task import TaskState

_T, _R, _M = TaskState, RunState, MergeState

TASK_ARROWS: dict[TaskState, frozenset[TaskState]] = {
    _T.QUEUED: frozenset({_T.PREPARING, _T.ACTIVE, _T.FAILED, _T.STOPPED, _T.CANCELLED}),
    _T.PREPARING: frozenset({_T.ACTIVE, _T.QUEUED, _T.FAILED, _T.STOPPED, _T.CANCELLED}),
    _T.ACTIVE: frozenset({_T.READY, _T.FAILED, _T.STOPPED, _T.QUEUED, _T.CANCELLED}),
    _T.READY: frozenset({_T.MERGING, _T.QUEUED, _T.CANCELLED}),
    _T.MERGING: frozenset({_T.MERGED, _T.READY, _T.CANCELLED}),
    _T.MERGED: frozenset({_T.STOPPED, _T.FAILED}),
    _T.FAILED: frozenset({_T.QUEUED, _T.READY, _T.CANCELLED}),
    _T.STOPPED: frozenset({_T.QUEUED, _T.READY, _T.CANCELLED}),
    _T.CANCELLED: frozenset(),
}

RUN_ARROWS: dict[RunState, frozenset[RunState]] = {
    _R.STARTING: frozenset({_R.RUNNING, _R.STOPPING, _R.EXITED, _R.LOST}),
    _R.RUNNING: frozenset({_R.STOPPING, _R.EXITED, _R.LOST}),
    _R.STOPPING: frozenset({_R.EXITED, _R.LOST}),
    _R.EXITED: frozenset(),
    _R.LOST: frozenset(),
}

_AWAY = frozenset({_M.WAITING, _M.REJECTED, _M.WITHDRAWN})
MERGE_ARROWS: dict[MergeState, frozenset[MergeState]] = {
    _M.WAITING: frozenset({_M.REPLAYING, _M.REJECTED, _M.WITHDRAWN}),
    _M.REPLAYING: _AWAY | {_M.RESOLVING, _M.GATING, _M.MERGED},
    _M.RESOLVING: _AWAY | {_M.REPLAYING, _M.GATING, _M.MERGED},
    _M.GATING: _AWAY | {_M.ADVANCING},
    _M.ADVANCING: frozenset({_M.WAITING, _M.REJECTED, _M.MERGED}),
    _M.MERGED: frozenset(),
    _M.REJECTED: frozenset(),
    _M.WITHDRAWN: frozenset(),
}

LIVE_RUN_STATES = frozenset({_R.STARTING, _R.RUNNING, _R.STOPPING})
RESTING_TASK_STATES = frozenset({_T.READY, _T.FAILED, _T.STOPPED})
ENDED_TASK_STATES = frozenset({_T.MERGED, _T.CANCELLED})
LIVE_MERGE_STATES = frozenset({_M.WAITING, _M.REPLAYING, _M.RESOLVING, _M.GATING, _M.ADVANCING})


def task_sources(to: TaskState) -> tuple[TaskState, ...]:
    """Return the states from which a task may become `to`."""
    return tuple(state for state, arrows in TASK_ARROWS.items() if to in arrows)


def run_sources(to: RunState) -> tuple[RunState, ...]:
    """Return the states from which a run may become `to`."""
    return tuple(state for state, arrows in RUN_ARROWS.items() if to in arrows)


def merge_sources(to: MergeState) -> tuple[MergeState, ...]:
    """Return the states from which a merge request may become `to`."""
    return tuple(state for state, arrows in MERGE_ARROWS.items() if to in arrows)
