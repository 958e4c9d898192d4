"""undo: take a landing back by one recorded commit on the target.

The commit is built in the hub on the target's tip, passes the gates and moves the target together
with its checkout, as a landing does. The task's branch, worktree and archived commits stay: the
task rests, hears new words, and lands again by `wta merge`. Killed anywhere, the next undo or
landing finds in the target itself whether it happened.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError
from wtagents.core.landing.undo import UndoState
from wtagents.core.record import record, replace
from wtagents.core.task import Reason
from wtagents.git.hub import open_hub
from wtagents.operations.landing.land import recover
from wtagents.operations.landing.outcome import Refusal, outcomes_of, silent
from wtagents.operations.landing.push import push_landed, push_remote, push_undo
from wtagents.operations.landing.take_back import Landed, TakenBack, take_back
from wtagents.operations.result import OperationResult
from wtagents.operations.trust import require_trusted
from wtagents.store.merges import last_landing, live_merge_request
from wtagents.store.tasks import removed_task, require_task, task_by_name
from wtagents.store.undos import undo_of
from wtagents.system.files import make_private_folder
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.ids import BranchName, Oid, TaskName
    from wtagents.core.landing.merge import GateResult, Rejection
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Push, Tell
    from wtagents.store.database import Database

_ATTEMPTS = 5
_LOOK_SECONDS = 0.2


@record
class UndoRequest:
    """What `wta undo` was asked for."""

    name: str
    dry_run: bool = False
    no_gate: bool = False
    push: bool = False
    """Push the target; `merge.push` does the same each time."""


@record
class UndoOutcome:
    """What became of it."""

    task: TaskName
    target: BranchName
    undone: bool
    """Whether the target has it no more; always False of a dry run."""
    dry_run: bool
    old: Oid | None
    """Tip of the target before."""
    new: Oid | None
    """The commit that takes it back, or would; `old` where nothing was left of it."""
    commits: tuple[Oid, ...]
    """What landed and is taken back, oldest first."""
    gates: tuple[GateResult, ...]
    verified: bool
    rejection: Rejection | None
    detail: str
    warning: str
    """What a person has to look at before the next commit there; '' when nothing."""
    hint: str
    push: Push | None = None
    """None when nothing was to be pushed."""


def undo(
    context: Context, request: UndoRequest, *, tell: Tell = silent
) -> OperationResult[UndoOutcome]:
    """Take the last landing of a task back; 1 when the target still has it.

    Raises NotFoundError, StateError for a task without a landing that holds, ConfigError.
    """
    from wtagents.operations.starting.git_program import require_git_program

    require_git_program(context)
    require_trusted(context)
    with context.database.read() as db:
        _task(db, request.name)
    with _alone(context, tell):
        recovered = recover(context, tell=tell)
        with context.database.read() as db:
            landed = _require_landed(context, db, request.name, tell)
        push_remote(context, landed.request.target, wanted=request.push)
        hub = open_hub(context.paths, context.repository)
        end = take_back(landed, hub, dry_run=request.dry_run, no_gate=request.no_gate)
    push_landed(context, outcomes_of(context, recovered), wanted=False, tell=tell)
    outcome = _outcome(landed, request, end)
    if outcome.undone and outcome.new is not None:
        push = push_undo(context, outcome.target, outcome.new, wanted=request.push)
        outcome = replace(outcome, push=push)
    done = outcome.rejection is None and (outcome.push is None or outcome.push.pushed)
    return OperationResult(data=outcome, exit_code=ExitCode.OK if done else ExitCode.UNFULFILLED)


def _task(db: Database, name: str) -> Task:
    """Return the task of this name, also one that was cleaned up. Raises NotFoundError."""
    return task_by_name(db, name) or removed_task(db, name) or require_task(db, name)


def _require_landed(context: Context, db: Database, name: str, tell: Tell) -> Landed:
    """Return the landing that is meant. Raises StateError when there is none that holds."""
    task = _task(db, name)
    landed, live = last_landing(db, task.id), live_merge_request(db, task.id)
    if landed is None or landed.onto is None or landed.candidate is None:
        raise StateError(f"task {name} has never landed", hint=f"wta status {name}")
    holding = undo_of(db, landed.id)
    if holding is not None and holding.state is UndoState.ADVANCING:
        raise StateError(
            f"a git command of a killed undo of {name} is still at work",
            hint=f"try again: wta undo {name}",
        )
    if holding is not None:
        raise StateError(
            f"the landing of {name} is undone already",
            cause=task.detail if task.reason is Reason.UNDONE else "",
            hint=f"land it again: wta merge {name}" if live is None else f"wta status {name}",
        )
    if landed.onto == landed.candidate:
        raise StateError(
            f"the landing of {name} changed nothing: {landed.target} had all of it",
            hint=f"git log {landed.target}",
        )
    return Landed(
        context=context,
        task=task,
        request=landed,
        before=landed.onto,
        commit=landed.candidate,
        tell=tell,
    )


@contextmanager
def _alone(context: Context, tell: Tell) -> Iterator[None]:
    """Hold the merger lock; wait for a landing that is under way."""
    make_private_folder(context.paths.root)
    never, said = Event(), False
    while True:
        with try_lock(context.paths.merger_lock) as held:
            if held:
                yield
                return
        if not said:
            tell("waiting for another wta process that is landing")
            said = True
        context.clock.wait(never, _LOOK_SECONDS)


def _outcome(landed: Landed, request: UndoRequest, end: TakenBack | Refusal) -> UndoOutcome:
    task, target = landed.task, landed.request.target
    refusal = end if isinstance(end, Refusal) else None
    made = end if isinstance(end, TakenBack) else None
    hint = f'wta send {task.name} "…"; land it again as it is: wta merge {task.name}'
    if task.removed_at is not None:
        hint = f"its branch and worktree: wta undelete {task.name}; then: {hint}"
    return UndoOutcome(
        task=task.name,
        target=target,
        undone=made is not None and not request.dry_run,
        dry_run=request.dry_run,
        old=made.old if made else None,
        new=made.new if made else None,
        commits=landed.commits,
        gates=end.gates,
        verified=bool(end.gates) and all(gate.passed for gate in end.gates),
        rejection=refusal.rejection if refusal else None,
        detail=refusal.line if refusal else _said(landed, made),
        warning=made.warning if made else "",
        hint=refusal.hint if refusal else hint,
    )


def _said(landed: Landed, made: TakenBack | None) -> str:
    if made is None:
        return ""
    empty = f"{landed.request.target} had nothing of it left" if made.new == made.old else ""
    return "; ".join(filter(None, (empty, *made.notes)))
