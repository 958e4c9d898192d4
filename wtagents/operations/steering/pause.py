"""pause, resume, freeze, thaw: hold agents back and let them go on, without losing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.message import PAUSE, MessageKind
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.core.tending.pause import EVERYTHING
from wtagents.core.text import printable
from wtagents.operations.result import OperationResult
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.tick import tick
from wtagents.store.messages import add_message
from wtagents.store.pauses import add_pause, end_pause, pauses
from wtagents.store.runs import latest_run, live_runs
from wtagents.store.tasks import require_task, tasks
from wtagents.system.run_folder import load_pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wtagents.core.ids import TaskName
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database

_MARGIN_SECONDS = 15.0
"""Beyond the polite time of a runner: the firm stop from outside and its proof."""
_DOING_LIMIT = 60


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


def pause(
    context: Context, names: Sequence[str], *, at_once: bool = False
) -> OperationResult[Held]:
    """Hold these tasks back, or without names all starts.

    The agent of a task that is named ends its turn, or with `at_once` is stopped in it; other
    agents go on. Raises NotFoundError, StateError for a task that has ended, and DeadlineError when
    one that is to stop at once has not in time; the wish stays.
    """
    now = context.clock.now()
    with context.database.write() as db:
        if not names:
            add_pause(db, EVERYTHING, now)
        paused = [require_task(db, name) for name in names]
        for task in paused:
            _require_live(task)
            add_pause(db, task.id, now, at_once=at_once)
            if not at_once and _live_run(db, task) is not None:
                add_message(db, task.id, MessageKind.FINISH, PAUSE, now)
    if at_once:
        _await_rest(context, lambda db: not any(_live_run(db, task) for task in paused))
    tick(context)
    return OperationResult(data=_held(context), messages=tuple(_goes_on(context, paused)))


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
        add_pause(db, EVERYTHING, context.clock.now(), at_once=True)
    _await_rest(context, lambda db: not live_runs(db))
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


def _await_rest(context: Context, is_met: Callable[[Database], bool]) -> None:
    """Tick until it is proved that agents have stopped. Raises DeadlineError."""

    def look() -> bool | None:
        tick(context)
        with context.database.read() as db:
            return is_met(db) or None

    seconds = context.settings.limits.stop_seconds + _MARGIN_SECONDS
    if wait_for(context.clock, look, seconds=seconds) is None:
        raise DeadlineError(
            "not every agent has stopped yet", hint="the wish stays and is carried on: wta status"
        )


def _live_run(db: Database, task: Task) -> Run | None:
    run = latest_run(db, task.id)
    return run if run is not None and run.state in LIVE_RUN_STATES else None


def _goes_on(context: Context, paused: Sequence[Task]) -> Iterator[str]:
    """Say of each agent that still works what its pause waits for."""
    for task in paused:
        with context.database.read() as db:
            run = _live_run(db, task)
        if run is not None:
            pulse = load_pulse(context.paths.run(run.id))
            doing = printable(pulse.doing, _DOING_LIMIT) if pulse is not None else ""
            yield (
                f"{task.name} ends its turn first{f' (now: {doing})' if doing else ''}; "
                f"to end it at once: wta pause {task.name} --now"
            )


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
