"""pause, resume, freeze, thaw: hold agents back and let them go on, without losing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.message import MessageKind
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.core.tending.pause import EVERYTHING
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.tick import tick
from wtagents.store.messages import add_message
from wtagents.store.pauses import add_pause, end_pause, pauses
from wtagents.store.runs import latest_run, live_runs
from wtagents.store.tasks import require_task, tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import TaskName
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

_MARGIN_SECONDS = 15.0
"""Beyond the polite time of a runner: the firm stop from outside and its proof."""


@record
class Held:
    """What is held back now."""

    tasks: tuple[TaskName, ...]
    """Paused one by one."""
    starts: bool
    frozen: bool
    working: int
    """Agents that live."""
    waiting: int
    """Tasks in the queue."""


def pause(context: Context, names: Sequence[str]) -> OperationResult[Held]:
    """Hold these tasks back, or without names all starts.

    The agent of a task that is named ends its turn; other agents go on. Raises NotFoundError, and
    StateError for a task that has ended.
    """
    now = context.clock.now()
    with context.database.write() as db:
        if not names:
            add_pause(db, EVERYTHING, now)
        for task in [require_task(db, name) for name in names]:
            _require_live(task)
            add_pause(db, task.id, now)
            run = latest_run(db, task.id)
            if run is not None and run.state in LIVE_RUN_STATES:
                add_message(db, task.id, MessageKind.FINISH, "", now)
    tick(context)
    return OperationResult(data=_held(context))


def resume(
    context: Context, names: Sequence[str], *, everything: bool = False
) -> OperationResult[Held]:
    """Let these tasks go on, or without names all starts; `everything` ends every pause.

    What was interrupted, also by a restart of the machine, goes on in its conversation.
    Raises NotFoundError, and StateError for what is not paused.
    """
    now = context.clock.now()
    with context.database.write() as db:
        held = pauses(db)
        if everything:
            for task_id in (EVERYTHING, *sorted(held.tasks)):
                end_pause(db, task_id, now)
        elif not names:
            _require_thawed(frozen=held.frozen)
            end_pause(db, EVERYTHING, now)
        else:
            for task in [require_task(db, name) for name in names]:
                if not end_pause(db, task.id, now):
                    raise StateError(
                        f"task {task.name} is not paused", hint=f"see: wta status {task.name}"
                    )
    tick(context)
    return OperationResult(data=_held(context))


def freeze(context: Context) -> OperationResult[Held]:
    """Stop every agent and start none, until thawed; return when it is proved.

    Raises DeadlineError when an agent has not stopped in time; the wish stays.
    """
    with context.database.write() as db:
        add_pause(db, EVERYTHING, context.clock.now(), frozen=True)
    seconds = context.settings.limits.stop_seconds + _MARGIN_SECONDS
    if wait_for(context.clock, lambda: _at_rest(context), seconds=seconds) is None:
        raise DeadlineError(
            "not every agent has stopped yet", hint="the wish stays and is carried on: wta status"
        )
    tick(context)
    return OperationResult(data=_held(context))


def thaw(context: Context) -> OperationResult[Held]:
    """Let everything go on that was frozen. Raises StateError when nothing is."""
    with context.database.write() as db:
        if not pauses(db).frozen:
            raise StateError("nothing is frozen", hint="see what waits and why: wta status")
        end_pause(db, EVERYTHING, context.clock.now())
    tick(context)
    return OperationResult(data=_held(context))


def _require_live(task: Task) -> None:
    if task.state in ENDED_TASK_STATES:
        raise StateError(f"task {task.name} is {task.state} already")


def _require_thawed(*, frozen: bool) -> None:
    if frozen:
        raise StateError("everything is frozen", hint="wta thaw")


def _at_rest(context: Context) -> bool | None:
    tick(context)
    with context.database.read() as db:
        return None if live_runs(db) else True


def _held(context: Context) -> Held:
    with context.database.read() as db:
        return held_now(db)


def held_now(db: Database) -> Held:
    """Return what is held back; `db` is inside an open block."""
    held, known = pauses(db), tasks(db)
    return Held(
        tasks=tuple(task.name for task in known if task.id in held.tasks),
        starts=held.starts,
        frozen=held.frozen,
        working=len(live_runs(db)),
        waiting=sum(task.state is TaskState.QUEUED for task in known),
    )
