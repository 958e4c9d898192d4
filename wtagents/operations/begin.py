"""Begin a run: worktree, instructions, row, order, runner - in this order, each step repeatable.

Killed anywhere, the next tick finds what is there and goes on: the worktree has a deterministic
name and is adopted, the run's row exists before its runner is started, and of two runners for one
run the exclusive claim lets one win.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wtagents.agent.wording import load_words
from wtagents.core.errors import DeadlineError, StateError, WtaError
from wtagents.core.ids import RunId
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.message import MessageKind
from wtagents.core.order import Order
from wtagents.core.reconcile import Purpose
from wtagents.core.record import record
from wtagents.core.task import AgentKind, Reason, TaskState, Wish
from wtagents.operations.trust import require_trusted
from wtagents.operations.worktree import claim_worktree, furnish_worktree
from wtagents.store.messages import mark_delivered, undelivered
from wtagents.store.runs import add_run, latest_run, run_by_id
from wtagents.store.tasks import move_task, require_task_by_id
from wtagents.system import run_folder
from wtagents.system.command import clean_environment
from wtagents.system.files import make_private_folder, write_atomic
from wtagents.system.lock import try_lock
from wtagents.system.process import RUN_MARK, start_detached

if TYPE_CHECKING:
    from wtagents.core.message import Message
    from wtagents.core.reconcile import BeginRun
    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.operations.worktree import Furnished

_BEGINNABLE = (TaskState.QUEUED, TaskState.PREPARING, TaskState.ACTIVE)


@record
class _Opening:
    """How the next run begins."""

    session_id: str
    resumes: bool
    prompt: str
    messages: tuple[Message, ...]
    """Words of a person that the prompt carries."""


def begin_run(context: Context, action: BeginRun) -> None:
    """Carry out `BeginRun`.

    What cannot be begun rests as `failed` with its cause, so that no tick tries it for ever;
    a busy lock is left to the next tick.
    """
    with try_lock(context.paths.task_lock(action.task_id)) as alone:
        if not alone:
            return
        try:
            require_trusted(context)
            task = _claim(context, action.task_id)
            if task is not None:
                _start(context, furnish_worktree(context, task), action.purpose)
        except DeadlineError:
            raise
        except WtaError as error:
            _fail(context, action.task_id, error)
            raise


def _claim(context: Context, task_id: int) -> Task | None:
    with context.repository_lock():
        with context.database.write() as db:
            task = require_task_by_id(db, task_id)
            run = latest_run(db, task_id)
            busy = run is not None and run.state in LIVE_RUN_STATES
            if busy or task.wish is not Wish.WORK or task.state not in _BEGINNABLE:
                return None
            if task.state is TaskState.QUEUED:
                moved = move_task(db, task_id, TaskState.PREPARING, at=context.clock.now())
                task = moved or task
        claim_worktree(context, task)
        return task


def _start(context: Context, prepared: Furnished, purpose: Purpose) -> None:
    task = prepared.task
    run_id = RunId(context.ids.uuid())
    now = context.clock.now()
    with context.database.write() as db:
        previous = latest_run(db, task.id)
        opening = _opening(
            context, task, previous, purpose, tuple(undelivered(db, task.id)), run_id
        )
        run = add_run(
            db,
            run_id=run_id,
            task_id=task.id,
            session_id=opening.session_id,
            resumes=opening.resumes,
            prompt=opening.prompt,
            at=now,
            capacity=context.settings.limits.agents,
        )
        if run is None:
            return
        for message in opening.messages:
            mark_delivered(db, message.id, run_id, now)
        move_task(
            db,
            task.id,
            TaskState.ACTIVE,
            at=now,
            expected=_BEGINNABLE,
            commit_asked=task.commit_asked or purpose is Purpose.COMMIT,
            fresh=False,
        )
    _write_order(context, task, run, prepared)
    launch_runner(context, run_id)


def _opening(
    context: Context,
    task: Task,
    previous: Run | None,
    purpose: Purpose,
    messages: tuple[Message, ...],
    run_id: RunId,
) -> _Opening:
    texts = tuple(m for m in messages if m.kind is MessageKind.TEXT)
    spoken = "\n\n".join(message.body for message in texts)
    opened = previous is not None and _conversation_exists(context, task, previous)
    if previous is None or task.fresh or not opened:
        said_before = task.prompt if previous is None or task.fresh else previous.prompt
        prompt = "\n\n".join(part for part in (said_before, spoken) if part)
        return _Opening(session_id=run_id, resumes=False, prompt=prompt, messages=texts)
    standing = load_words("commit" if purpose is Purpose.COMMIT else "continue")
    prompt = spoken or standing
    return _Opening(session_id=previous.session_id, resumes=True, prompt=prompt, messages=texts)


def _conversation_exists(context: Context, task: Task, previous: Run) -> bool:
    if task.agent.kind is AgentKind.COMMAND:
        return False
    pulse = run_folder.load_pulse(context.paths.run(previous.id))
    return previous.resumes or bool(pulse is not None and pulse.session_id)


def _write_order(context: Context, task: Task, run: Run, prepared: Furnished) -> None:
    from wtagents.agent.agents import agent_for
    from wtagents.agent.port import LaunchRequest

    settings = context.settings
    spec = task.agent
    folder = context.paths.run(run.id)
    make_private_folder(folder.root)
    instructions = None
    if prepared.unwritten_instructions:
        instructions = folder.instructions
        write_atomic(instructions, prepared.unwritten_instructions.encode())
    launch = agent_for(spec.kind).launch(
        LaunchRequest(
            task=task.name,
            worktree=task.worktree,
            prompt=run.prompt,
            session_id=run.session_id,
            resumes=run.resumes,
            program=settings.agent.program,
            argv=spec.argv,
            model=spec.model or settings.agent.model,
            permission_mode=spec.permission_mode or settings.agent.permission_mode,
            max_turns=spec.max_turns or settings.agent.max_turns,
            budget_usd=spec.budget_usd or settings.agent.budget_usd,
            allow=settings.agent.allow,
            deny=settings.agent.deny,
            instructions=instructions,
        )
    )
    environment = dict(launch.environment) | {
        "WTA_TASK": task.name,
        "WTA_WORKTREE": str(task.worktree),
        "CLAUDE_AGENT_ID": task.name,
        "CLAUDE_WORKTREE": str(task.worktree),
    }
    order = Order(
        run_id=run.id,
        task=task.name,
        worktree=task.worktree,
        agent=spec.kind,
        argv=launch.argv,
        environment=tuple(environment.items()),
        prompt=launch.first_message,
        setup=settings.worktree.setup if run.number == 1 else (),
        setup_seconds=settings.worktree.setup_timeout,
        timeout_seconds=spec.timeout_seconds or settings.agent.timeout,
        stop_seconds=settings.limits.stop_seconds,
    )
    run_folder.write_order(folder, order)


def launch_runner(context: Context, run_id: RunId) -> None:
    """Start the runner of a run as a program of its own; of a claimed run it ends at once."""
    folder = context.paths.run(run_id)
    if run_folder.load_order(folder) is None:
        with context.database.read() as db:
            run = run_by_id(db, run_id)
            if run is None:
                raise StateError(f"run {run_id} is not in the store")
            task = require_task_by_id(db, run.task_id)
        _write_order(context, task, run, furnish_worktree(context, task))
    start_detached(
        run_folder.runner_argv(folder, sys.executable),
        cwd=folder.root,
        env=clean_environment({RUN_MARK: run_id}),
        log=folder.root / "runner.log",
    )


def _fail(context: Context, task_id: int, error: WtaError) -> None:
    with context.database.write() as db:
        move_task(
            db,
            task_id,
            TaskState.FAILED,
            at=context.clock.now(),
            expected=_BEGINNABLE,
            reason=Reason.NOT_STARTED,
            detail=f"{error.message}: {error.cause}" if error.cause else error.message,
        )
