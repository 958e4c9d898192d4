"""resolve: let a person decide what no rung could, in a prepared checkout.

What the person made is kept in the store as answers to exactly these conflicts; the landing finds
them there. So neither a kill nor a target that moves costs the person's work, and the landing
verifies it like that of every rung.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, StateError, UsageError
from wtagents.core.record import record
from wtagents.git.hub import open_hub
from wtagents.operations.landing.climbing.policies import POLICIES
from wtagents.operations.landing.outcome import silent
from wtagents.operations.merge import MergeRequestOptions, merge, require_landable
from wtagents.operations.resolving.desk import Desk
from wtagents.operations.resolving.step import current_ends, next_step
from wtagents.operations.resolving.verify import verify
from wtagents.operations.result import OperationResult
from wtagents.store.answers import add_answers, answers_of, drop_answers
from wtagents.store.merges import live_merge_request
from wtagents.store.tasks import require_task
from wtagents.system.files import make_private_folder
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import TaskName
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import MergeOutcome, Tell
    from wtagents.operations.resolving.desk import Opened

_LOCK_SECONDS = 2.0


class Resolving(StrEnum):
    """How far a person is."""

    OPEN = "open"
    LANDED = "landed"
    NOT_LANDED = "not landed"
    CLEAN = "nothing to resolve"
    GIVEN_UP = "given up"


@record
class ResolveRequest:
    """What `wta resolve` was asked for."""

    name: str
    done: bool = False
    drop: bool = False
    """The person means it where lines of a side are missing or back."""
    abort: bool = False
    from_target: tuple[str, ...] = ()
    from_branch: tuple[str, ...] = ()


@record
class OpenConflict:
    """One path that the person decides."""

    path: str
    kind: str
    decided: bool
    """Whether a side was taken for it."""
    edit: str
    by_target: str
    """What `--from-target` means for it."""
    by_branch: str


@record
class ResolveOutcome:
    """How it stands."""

    task: TaskName
    target: str
    state: Resolving
    folder: Path | None
    """Where the files are; None when nothing is open."""
    conflicts: tuple[OpenConflict, ...] = ()
    faults: tuple[str, ...] = ()
    """What is in the way of `--done`."""
    landing: MergeOutcome | None = None
    hint: str = ""


def resolve(
    context: Context, request: ResolveRequest, *, tell: Tell = silent
) -> OperationResult[ResolveOutcome]:
    """Open the conflict of a task, take sides, give it up, or land it; 1 while it has not landed.

    Raises UsageError, NotFoundError, or StateError for a task that cannot land.
    """
    from wtagents.operations.starting.git_program import require_git_program

    _require_one_wish(request)
    require_git_program(context)
    with context.database.read() as db:
        task = require_task(db, request.name)
        landing = live_merge_request(db, task.id)
    folder = context.paths.resolving
    make_private_folder(context.paths.root)
    make_private_folder(folder)
    lock = folder / f"{task.name.folder}.lock"
    with hold_lock(lock, seconds=_LOCK_SECONDS, what=f"resolving {task.name}"):
        hub = open_hub(context.paths, context.repository)
        sitting = _Sitting(context, hub, task)
        if request.abort:
            return sitting.give_up()
        if landing is not None:
            raise StateError(f"task {task.name} is landing", hint=f"wta wait {task.name}")
        require_landable(context, task)
        if not request.done:
            return sitting.show(request)
        kept = sitting.keep(drop=request.drop)
    return kept or sitting.land(tell)


def _require_one_wish(request: ResolveRequest) -> None:
    sides = bool(request.from_target or request.from_branch)
    if request.done + request.abort + sides > 1:
        raise UsageError(
            "--done, --abort and taking a side are separate steps",
            hint=f"wta resolve {request.name} --help",
        )
    if request.drop and not request.done:
        raise UsageError(
            "--drop belongs to --done", hint=f"wta resolve {request.name} --done --drop"
        )


class _Sitting:
    """One call of `wta resolve`, the lock held."""

    def __init__(self, context: Context, hub: Hub, task: Task) -> None:
        self._context = context
        self._hub = hub
        self._task = task
        self._desk = Desk(context, hub, task)

    def give_up(self) -> OperationResult[ResolveOutcome]:
        """Drop the checkout and the answers."""
        self._desk.clear()
        with self._context.database.write() as db:
            drop_answers(db, self._task.id)
        return OperationResult(data=self._outcome(Resolving.GIVEN_UP))

    def show(self, request: ResolveRequest) -> OperationResult[ResolveOutcome]:
        """Open the next conflict, or say what is open; take the sides that are asked for."""
        task, opened = self._task, self._desk.opened()
        ends = current_ends(self._context, task)
        messages: list[str] = []
        has_moved = opened is not None and (opened.tip, opened.onto) != (ends.tip, ends.onto)
        if opened is None or (has_moved and self._desk.is_untouched(opened)):
            step = next_step(self._context, self._hub, task, ends, again=True)
            if step is None:
                self._desk.clear()
                outcome = self._outcome(Resolving.CLEAN, hint=f"wta merge {task.name}")
                return OperationResult(data=outcome)
            opened = self._desk.open(step)
        elif has_moved:
            messages.append(self._moved(opened, ends.tip))
        waiting = {each.path: each for each in opened.waiting}
        for paths, side in ((request.from_target, "target"), (request.from_branch, "branch")):
            for path in paths:
                if path not in waiting:
                    raise UsageError(
                        f"{path} is not in conflict", hint=f"what is: wta resolve {task.name}"
                    )
                opened = self._desk.take(opened, waiting[path], getattr(waiting[path], side))
        return OperationResult(data=self._outcome(Resolving.OPEN, opened), messages=tuple(messages))

    def keep(self, *, drop: bool) -> OperationResult[ResolveOutcome] | None:
        """Verify and keep what the person made; None when nothing is left to decide."""
        context, task, opened = self._context, self._task, self._desk.opened()
        if opened is None:
            with context.database.read() as db:
                answered = bool(answers_of(db, task.id))
            if answered:
                return None
            raise StateError(
                f"no conflict of task {task.name} is open", hint=f"wta resolve {task.name}"
            )
        found = verify(self._hub, opened, self._desk.snapshot(), drop=drop)
        if found.faults:
            outcome = self._outcome(Resolving.OPEN, opened, faults=found.faults)
            return OperationResult(data=outcome, exit_code=ExitCode.UNFULFILLED)
        with context.database.write() as db:
            add_answers(db, task.id, found.answers, found.lessons)
        ends = current_ends(context, task)
        messages = ["what is decided is kept"]
        if (opened.tip, opened.onto) != (ends.tip, ends.onto):
            messages.append(self._moved(opened, ends.tip))
        step = next_step(context, self._hub, task, ends)
        if step is None:
            self._desk.clear()
            return None
        outcome = self._outcome(Resolving.OPEN, self._desk.open(step))
        return OperationResult(
            data=outcome, messages=tuple(messages), exit_code=ExitCode.UNFULFILLED
        )

    def land(self, tell: Tell) -> OperationResult[ResolveOutcome]:
        """Land the task with the answers."""
        result = merge(self._context, MergeRequestOptions(names=(str(self._task.name),)), tell=tell)
        landing = result.data[0]
        state = Resolving.LANDED if landing.landed else Resolving.NOT_LANDED
        hint = "" if landing.landed else landing.hint or f"wta resolve {self._task.name}"
        outcome = self._outcome(state, landing=landing, hint=hint)
        return OperationResult(data=outcome, messages=result.messages, exit_code=result.exit_code)

    def _moved(self, opened: Opened, tip: object) -> str:
        who = self._task.target if opened.tip == tip else self._task.branch
        return f"{who} has moved since; what still applies is kept when it is done"

    def _outcome(
        self,
        state: Resolving,
        opened: Opened | None = None,
        *,
        faults: tuple[str, ...] = (),
        landing: MergeOutcome | None = None,
        hint: str = "",
    ) -> ResolveOutcome:
        decided = opened.decided if opened else ()
        return ResolveOutcome(
            task=self._task.name,
            target=self._task.target,
            state=state,
            folder=self._desk.folder if opened else None,
            conflicts=tuple(
                _shown(each, decided=each.path in decided)
                for each in (opened.waiting if opened else ())
            ),
            faults=faults,
            landing=landing,
            hint=hint or (f"wta resolve {self._task.name} --done" if opened else ""),
        )


def _shown(conflict: Conflict, *, decided: bool) -> OpenConflict:
    policy = POLICIES[conflict.kind]
    return OpenConflict(
        path=conflict.path,
        kind=conflict.kind.value,
        decided=decided,
        edit=policy.edit,
        by_target=policy.by_target,
        by_branch=policy.by_branch,
    )
