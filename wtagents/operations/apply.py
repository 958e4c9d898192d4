"""Carry out one action of a plan. Each looks again before it acts, so a repeat is harmless."""

from __future__ import annotations

import contextlib
import signal
from datetime import timedelta
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import WtaError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import replace
from wtagents.core.run import Exit, ExitReason, RunState, Usage
from wtagents.core.tending.reconcile import (
    BeginRun,
    DropMessage,
    LaunchRunner,
    NoteExit,
    NoteLimit,
    NoteLost,
    NoteRunning,
    NoteTaken,
    PostMessage,
    RequestMerge,
    SettleTask,
    StopFirmly,
    StopRun,
    is_to_end,
)
from wtagents.core.tending.suspicion import NoteSuspicion, Respond
from wtagents.operations.context import Context
from wtagents.store.limits import record_limit
from wtagents.store.merges import add_merge_request
from wtagents.store.messages import mark_delivered, mark_failed, message_by_id
from wtagents.store.pauses import pauses
from wtagents.store.runs import latest_run, move_run, run_by_id
from wtagents.store.suspicions import note_suspicion, suspicions
from wtagents.store.tasks import move_task, require_task_by_id
from wtagents.system import run_folder
from wtagents.system.logs import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.ids import RunId
    from wtagents.core.message import Message
    from wtagents.core.run import ProcessIdentity
    from wtagents.system.paths import RunFolder


class Sweep:
    """Does for many what may fail for some: what kept an item from it is raised behind the last."""

    def __init__(self) -> None:
        self._failures: list[WtaError | OSError] = []

    @contextlib.contextmanager
    def item(self) -> Iterator[None]:
        """Keep what goes wrong in the block."""
        try:
            yield
        except (WtaError, OSError) as error:
            self._failures.append(error)

    def end(self, fault: WtaError | None) -> None:
        """Raise the first failure, or else this one."""
        for each in (*self._failures, *([] if fault is None else [fault])):
            raise each


_REBOOTED = "the machine was started again while the agent worked"


@singledispatch
def apply(action: Any, context: Context) -> None:
    """Carry out one action. Raises WtaError when the world does not allow it now."""
    raise TypeError(f"no way to carry out {action!r} in {context.common_dir}")


@apply.register
def _(action: BeginRun, context: Context) -> None:
    from wtagents.operations.starting.begin import begin_run

    begin_run(context, action)


@apply.register
def _(action: LaunchRunner, context: Context) -> None:
    from wtagents.operations.starting.begin import relaunch_runner

    relaunch_runner(context, action.run_id)


@apply.register
def _(action: NoteRunning, context: Context) -> None:
    with context.database.write() as db:
        move_run(
            db,
            action.run_id,
            RunState.RUNNING,
            at=context.clock.now(),
            runner=action.runner,
        )


@apply.register
def _(action: NoteExit, context: Context) -> None:
    end, claim = action.exit, run_folder.load_claim(context.paths.run(action.run_id))
    with context.database.write() as db:
        run = run_by_id(db, action.run_id)
        asked = run is not None and run.stop_deadline is not None
        if end.reason is ExitReason.STOPPED and not asked and _is_of_earlier_boot(context, claim):
            end = replace(end, reason=ExitReason.REBOOTED, detail=_REBOOTED)
        move_run(db, action.run_id, RunState.EXITED, at=context.clock.now(), exit=end)


def _is_of_earlier_boot(context: Context, claim: ProcessIdentity | None) -> bool:
    """Whether the machine was started again since a runner claimed its run."""
    return claim is not None and claim.boot_id != context.world.boot_id()


@apply.register
def _(action: NoteLost, context: Context) -> None:
    lost = [run_id for run_id in action.run_ids if _is_lost(context, run_id)]
    stopped = context.world.stop_runs(lost)
    sweep = Sweep()
    for run_id, survivors in stopped.counts.items():
        with sweep.item():
            _note_lost(context, run_id, survivors)
    sweep.end(stopped.fault)


def _is_lost(context: Context, run_id: RunId) -> bool:
    folder = context.paths.run(run_id)
    claim = run_folder.load_claim(folder)
    lives = claim is not None and context.world.is_alive(claim)
    return not lives and run_folder.load_exit(folder) is None


def _note_lost(context: Context, run_id: RunId, survivors: int) -> None:
    folder = context.paths.run(run_id)
    _mend(folder)
    rebooted = _is_of_earlier_boot(context, run_folder.load_claim(folder))
    lost = Exit(
        reason=ExitReason.REBOOTED if rebooted else ExitReason.LOST,
        detail=_REBOOTED if rebooted else "the runner ended without an exit record",
        exit_code=None,
        denials=(),
        retry_at=None,
        usage=_last_usage(folder),
        survivors=survivors,
        at=context.clock.now(),
    )
    heard = _heard_unrecorded(context, run_id)
    with context.database.write() as db:
        for message in heard:
            mark_delivered(db, message.id, run_id, context.clock.now())
        move_run(db, run_id, RunState.LOST, at=context.clock.now(), exit=lost)


def _last_usage(folder: RunFolder) -> Usage:
    """Return what a run had used when its runner last said so: it counts, however it ended."""
    pulse = run_folder.load_pulse(folder)
    return pulse.usage if pulse is not None else Usage()


def _mend(folder: RunFolder) -> None:
    """Put back the links that an agent had replaced when its runner was killed."""
    order = run_folder.load_order(folder)
    if order is not None and order.confinement is not None:
        from wtagents.system.folders.links import put_back

        for link in order.confinement.links:
            put_back(link)


def _heard_unrecorded(context: Context, run_id: RunId) -> list[Message]:
    from wtagents.operations.starting.recall import heard_unrecorded

    with context.database.read() as db:
        run = run_by_id(db, run_id)
    return [] if run is None else heard_unrecorded(context, run)


@apply.register
def _(action: StopRun, context: Context) -> None:
    if not _note_stopping(context, action.run_id):
        return
    folder = context.paths.run(action.run_id)
    run_folder.tell_to_stop(folder)
    claim = run_folder.load_claim(folder)
    if claim is not None:
        context.world.signal(claim, signal.SIGTERM)


def _note_stopping(context: Context, run_id: RunId) -> bool:
    """Record that a run is to stop; whether its runner is to be told, now or still."""
    now = context.clock.now()
    deadline = now + timedelta(seconds=context.settings.limits.stop_seconds)
    with context.database.write() as db:
        run = run_by_id(db, run_id)
        if run is None or run.state not in LIVE_RUN_STATES:
            return False
        if run.state is RunState.STOPPING:
            return not run_folder.is_told_to_stop(context.paths.run(run_id))
        task = require_task_by_id(db, run.task_id)
        halted, suspicion = pauses(db).halts(task.id), suspicions(db).get(run.id)
        given_up = suspicion is not None and suspicion.gave_up
        if not is_to_end(task, halted=halted, given_up=given_up):
            return False
        move_run(db, run.id, RunState.STOPPING, at=now, stop_deadline=deadline)
    return True


@apply.register
def _(action: StopFirmly, context: Context) -> None:
    with context.database.read() as db:
        known = [run_by_id(db, run_id) for run_id in action.run_ids]
    live = [run.id for run in known if run is not None and run.state in LIVE_RUN_STATES]
    sweep, barred = Sweep(), []
    for run_id in live:
        with sweep.item():
            _stop_runner(context, run_id)
            barred.append(run_id)
    stopped = context.world.stop_runs(barred)
    for run_id, survivors in stopped.counts.items():
        with sweep.item():
            _note_stopped(context, run_id, survivors)
    sweep.end(stopped.fault)


def _stop_runner(context: Context, run_id: RunId) -> None:
    """Kill whoever claimed a run; where nobody has, nobody ever will."""
    folder = context.paths.run(run_id)
    run_folder.forbid_claim(folder)
    claim = run_folder.load_claim(folder)
    if claim is not None:
        context.world.signal(claim, signal.SIGKILL)


def _note_stopped(context: Context, run_id: RunId, survivors: int) -> None:
    folder = context.paths.run(run_id)
    _mend(folder)
    end = run_folder.load_exit(folder) or Exit(
        reason=ExitReason.STOPPED,
        detail="stopped from outside",
        exit_code=None,
        denials=(),
        retry_at=None,
        usage=_last_usage(folder),
        survivors=survivors,
        at=context.clock.now(),
    )
    with context.database.write() as db:
        move_run(db, run_id, RunState.EXITED, at=context.clock.now(), exit=end)


@apply.register
def _(action: NoteSuspicion, context: Context) -> None:
    with context.database.write(durable=False) as db:
        clock = context.clock
        note_suspicion(db, action.run_id, action.liveness, clock.now(), awake=clock.monotonic())


@apply.register
def _(action: Respond, context: Context) -> None:
    from wtagents.operations.steering.responses import respond

    respond(context, action)


@apply.register
def _(action: PostMessage, context: Context) -> None:
    with context.database.read() as db:
        message = message_by_id(db, action.message_id)
    if message is None or message.delivered_at is not None or message.failed:
        return
    folder = context.paths.run(action.run_id)
    run_folder.post_message(folder, message.id, message.kind, message.body)
    runner = run_folder.load_claim(folder)
    if runner is not None:
        context.world.wake(runner)


@apply.register
def _(action: NoteTaken, context: Context) -> None:
    taken = action.taken
    with context.database.write() as db:
        if taken.delivered:
            mark_delivered(db, taken.message_id, action.run_id, taken.at)
        else:
            mark_failed(db, taken.message_id, taken.reason, taken.at)


@apply.register
def _(action: DropMessage, context: Context) -> None:
    with context.database.write() as db:
        mark_failed(db, action.message_id, action.reason, context.clock.now())


@apply.register
def _(action: SettleTask, context: Context) -> None:
    with context.database.write() as db:
        task = require_task_by_id(db, action.task_id)
        run = latest_run(db, action.task_id)
        if task.wish is not action.wish or (run.id if run else None) != action.after:
            return
        settlement = action.settlement
        attempts = 0 if settlement.forgive else task.attempts + settlement.failed_attempt
        move_task(
            db,
            action.task_id,
            settlement.to,
            at=context.clock.now(),
            expected=(action.expected,),
            reason=settlement.reason,
            detail=settlement.detail,
            not_before=settlement.not_before,
            attempts=attempts,
            commit_asked=False if settlement.forgive else task.commit_asked,
        )


@apply.register
def _(action: NoteLimit, context: Context) -> None:
    now = context.clock.now()
    if not action.limit.is_guess:
        from wtagents.system.sharing.shared_limits import share_limit

        try:
            share_limit(context.paths.accounts, action.limit, now)
        except WtaError as error:
            note(__name__, "other repositories do not hear of a limit: %s", error)
    with context.database.write() as db:
        record_limit(db, action.limit, now)


@apply.register
def _(action: RequestMerge, context: Context) -> None:
    with context.database.write() as db:
        task = require_task_by_id(db, action.task_id)
        add_merge_request(
            db,
            task_id=task.id,
            target=task.target,
            squash=context.settings.merge.squashes,
            skip_gate=False,
            at=context.clock.now(),
        )
