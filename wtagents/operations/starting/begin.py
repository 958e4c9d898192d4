"""Begin a run: worktree, instructions, row, order, runner - in this order, each step repeatable.

Killed anywhere, the next tick finds what is there and goes on: the worktree has a deterministic
name and is adopted, the run's row exists before its runner is started, and of two runners for one
run the exclusive claim lets one win.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.config.profiles import profile_of
from wtagents.core.errors import DeadlineError, WtaError
from wtagents.core.ids import RunId
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.run import Exit, ExitReason, Purpose, RunState, Usage
from wtagents.core.task import Reason, TaskState, Wish
from wtagents.core.tending.budget import Shortage, allowance
from wtagents.git.repo import GitError
from wtagents.operations.starting.foundation import lay_foundation
from wtagents.operations.steering.waiting import wait_for
from wtagents.operations.surroundings import (
    account_for,
    budget_of,
    model_for,
    observe_ledger,
    spent_for,
)
from wtagents.operations.telling.breakers import observe_breakers
from wtagents.operations.trust import require_trusted
from wtagents.store.messages import mark_delivered, messages_of
from wtagents.store.pauses import pauses
from wtagents.store.runs import add_run, latest_run, live_runs, move_run, run_by_id
from wtagents.store.tasks import move_task, note_commit_asked, require_task_by_id
from wtagents.system import run_folder
from wtagents.system.files import make_private_folder
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.core.tending.budget import Amount
    from wtagents.core.tending.reconcile import BeginRun
    from wtagents.operations.context import Context
    from wtagents.operations.starting.filling import Filling
    from wtagents.operations.starting.worktree import Furnished
    from wtagents.store.database import Database

_RUNNER_SECONDS = 5.0
"""How long a runner without files is given to end; the next tick notes it otherwise."""
_BEGINNABLE = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)


def begin_run(context: Context, action: BeginRun) -> None:
    """Carry out `BeginRun`.

    What cannot be begun rests as `failed` with its cause, so that no tick tries it for ever; where
    git was killed it is tried again a few times. A busy lock is left to the next tick.
    """
    not_started: WtaError | OSError | None = None
    with try_lock(context.paths.task_lock(action.task_id)) as alone:
        if not alone:
            return
        try:
            require_trusted(context)
            task = _claim(context, action)
            if task is None:
                return
            _clear_locks(context, task)
            with context.world.filling(task) as filling:
                if filling is not None:
                    not_started = _begin(context, task, action.purpose, filling)
        except DeadlineError:
            raise
        except (WtaError, OSError) as error:
            _end_waiting_run(context, action.task_id, error)
            _put_off(context, action.task_id, error)
            raise
    if not_started is not None:
        raise not_started


def _begin(
    context: Context, task: Task, purpose: Purpose, filling: Filling
) -> WtaError | OSError | None:
    """Add a run and start its runner; return what kept it from starting."""
    prepared = context.world.furnish(task, filling)
    run = _add_run(context, task, purpose)
    return None if run is None else _start(context, run, prepared, filling)


def _claim(context: Context, action: BeginRun) -> Task | None:
    with context.repository_lock():
        with context.database.write() as db:
            task = require_task_by_id(db, action.task_id)
            run = latest_run(db, task.id)
            outdated = (run.id if run else None) != action.after
            busy = run is not None and run.state in LIVE_RUN_STATES
            if outdated or busy or task.wish is not Wish.WORK or task.state not in _BEGINNABLE:
                return None
            if task.state is TaskState.QUEUED:
                moved = move_task(db, task.id, TaskState.PREPARING, at=context.clock.now())
                task = moved or task
                if run is None:
                    task = lay_foundation(context, db, task)
        context.world.claim_worktree(task, run)
        return task


def _clear_locks(context: Context, task: Task) -> None:
    """Free the worktree of what a git of the last agent left when it was killed."""
    with context.database.read() as db:
        previous = latest_run(db, task.id)
    if previous is not None:
        context.world.clear_locks(task, previous)


def _add_run(context: Context, task: Task, purpose: Purpose) -> Run | None:
    # Loaded while git checks out the files.
    from wtagents.operations.starting.fork_opening import fork_to_begin, forked_opening
    from wtagents.operations.starting.opening import choose_opening

    run_id = RunId(context.ids.uuid())
    now, settings = context.clock.now(), context.settings
    profile = profile_of(settings.agent.profiles, task.agent.profile)
    with context.database.write() as db:
        opening = choose_opening(
            context,
            task,
            latest_run(db, task.id),
            purpose,
            texts=[m for m in messages_of(db, task.id) if m.is_words],
        )
        fork = None if opening.session_id else fork_to_begin(context, db, task.id)
        if fork is not None:
            opening = forked_opening(db, task, fork, opening)
        share = _share(context, db, task)
        if share is None or not _may_begin(db, task.id):
            return None
        run = add_run(
            db,
            run_id=run_id,
            task_id=task.id,
            session_id=opening.session_id or run_id,
            resumes=bool(opening.session_id),
            prompt=opening.prompt,
            at=now,
            account=account_for(task),
            model=model_for(context, task, latest_run(db, task.id), observe_breakers(context, db)),
            purpose=purpose,
            allowance_usd=share.usd,
            allowance_tokens=share.tokens,
            capacity=settings.limits.agents,
            per_model=settings.limits.per_model,
            per_profile=profile.agents if profile is not None else None,
        )
        if run is None:
            return None
        for message in opening.carried:
            mark_delivered(db, message.id, run_id, now)
        if purpose is Purpose.COMMIT:
            note_commit_asked(db, task.id, now)
        move_task(db, task.id, TaskState.ACTIVE, at=now, fresh=False)
    return run


def _may_begin(db: Database, task_id: int) -> bool:
    """Whether nobody has stopped, begun anew or held back a task that was prepared meanwhile."""
    task = require_task_by_id(db, task_id)
    is_prepared = task.state in (TaskState.PREPARING, TaskState.ACTIVE)
    return task.wish is Wish.WORK and is_prepared and not pauses(db).holds(task_id)


def _share(context: Context, db: Database, task: Task) -> Amount | None:
    """Return what the run may use of the budgets; None when nothing is left by now."""
    free = context.settings.limits.agents - len(live_runs(db))
    ledger, used = observe_ledger(context, db), spent_for(context, db, task)
    found = allowance(budget_of(context.settings), ledger, used, places=free)
    return None if isinstance(found, Shortage) else found


def _start(
    context: Context, run: Run, prepared: Furnished, filling: Filling
) -> WtaError | OSError | None:
    """Start the runner; a run that cannot be started ends here, unless a runner has it already."""
    try:
        _open_folder(context, run, filling)
        _write_order(context, run, prepared)
        context.world.start_runner(run.id)
    except (WtaError, OSError) as error:
        _end_unclaimed(context, run, error)
        return error
    return None


def _end_unclaimed(context: Context, run: Run, error: WtaError | OSError) -> bool:
    """End a run that no runner has, and will have; False when one has it already."""
    folder = context.paths.run(run.id)
    run_folder.forbid_claim(folder)
    if run_folder.load_claim(folder) is not None:
        return False
    end = _not_started(error, at=context.clock.now())
    with context.database.write() as db:
        move_run(db, run.id, RunState.EXITED, at=end.at, exit=end)
    return True


def _end_waiting_run(context: Context, task_id: int, error: WtaError | OSError) -> None:
    """Note the end of a run whose runner waited for files that will not come: it says so itself."""
    with context.database.read() as db:
        run = latest_run(db, task_id)
    if run is None or run.state not in LIVE_RUN_STATES or _end_unclaimed(context, run, error):
        return
    folder = context.paths.run(run.id)
    end = wait_for(context.clock, lambda: run_folder.load_exit(folder), seconds=_RUNNER_SECONDS)
    if end is not None:
        with context.database.write() as db:
            move_run(db, run.id, RunState.EXITED, at=end.at, exit=end)


def relaunch_runner(context: Context, run_id: RunId) -> None:
    """Start the runner of a run that nobody has claimed, unless one is only slow to do so.

    What cannot be begun any more ends here, as in `begin_run`: its worktree may be gone by now.
    """
    if context.world.has_processes(run_id):
        return
    with context.database.read() as db:
        run = run_by_id(db, run_id)
        if run is None or run.state not in LIVE_RUN_STATES:
            return
        task = require_task_by_id(db, run.task_id)
    with try_lock(context.paths.task_lock(task.id)) as alone:
        if not alone:
            return
        try:
            _relaunch(context, task, run)
        except DeadlineError:
            raise
        except (WtaError, OSError) as error:
            if not _was_killed(error):
                _end_unclaimed(context, run, error)
            raise


def _relaunch(context: Context, task: Task, run: Run) -> None:
    with context.world.filling(task) as filling:
        if filling is None:
            return
        _open_folder(context, run, filling)
        if run_folder.load_order(context.paths.run(run.id)) is None:
            _write_order(context, run, context.world.furnish(task, filling))
        context.world.start_runner(run.id)


def _open_folder(context: Context, run: Run, filling: Filling) -> None:
    """Make the run's folder; a runner that finds an order there finds the lock to wait for, too."""
    folder = context.paths.run(run.id)
    make_private_folder(folder.inbox)
    filling.share(folder)


def _write_order(context: Context, run: Run, prepared: Furnished) -> None:
    from wtagents.operations.starting.order import write_order

    write_order(context, run, prepared)


def _put_off(context: Context, task_id: int, error: WtaError | OSError) -> None:
    now, limits = context.clock.now(), context.settings.limits
    with context.database.write() as db:
        task = require_task_by_id(db, task_id)
        again = _was_killed(error) and task.attempts < limits.retries
        move_task(
            db,
            task_id,
            TaskState.QUEUED if again else TaskState.FAILED,
            at=now,
            expected=_BEGINNABLE,
            reason=Reason.NOT_STARTED,
            detail=_in_words(error),
            not_before=now + timedelta(seconds=limits.retry_pause) if again else None,
            attempts=task.attempts + again,
        )


def _was_killed(error: WtaError | OSError) -> bool:
    return isinstance(error, GitError) and error.was_killed


def _not_started(error: WtaError | OSError, *, at: datetime) -> Exit:
    return Exit(
        reason=ExitReason.NOT_STARTED,
        detail=_in_words(error),
        exit_code=None,
        denials=(),
        retry_at=None,
        usage=Usage(),
        survivors=0,
        at=at,
    )


def _in_words(error: WtaError | OSError) -> str:
    if not isinstance(error, WtaError):
        return str(error)
    return f"{error.message}: {error.cause}" if error.cause else error.message
