"""Take a landing back: one commit in the hub, gates, then the target moves with its checkout.

The row of the undo is written before the target moves; after a kill the target says whether it did.
"""

from __future__ import annotations

import logging
from threading import Event
from typing import TYPE_CHECKING, assert_never

from wtagents.core.errors import WtaError
from wtagents.core.ids import Oid
from wtagents.core.landing.merge import Rejection
from wtagents.core.record import record, replace
from wtagents.core.text import printable
from wtagents.git.advancing.advance import Advanced, Moved, advance
from wtagents.git.advancing.lock import CheckoutBusy, CheckoutDirty, Mark
from wtagents.git.merging.changes import who_changed
from wtagents.git.merging.revert import Reverted, person_of, revert
from wtagents.git.refs import contains, ref_value
from wtagents.operations.landing.cut_off import ORPHAN_SECONDS, end_cut_off
from wtagents.operations.landing.gate import Gated, Inspection, run_gates
from wtagents.operations.landing.outcome import Refusal, silent
from wtagents.operations.landing.source import refuse_touched
from wtagents.operations.landing.words import (
    UNDO,
    refuse_busy,
    refuse_dirty,
    refuse_red,
    settled_words,
    spared_hint,
    took_along_words,
)
from wtagents.store.merges import merge_request_by_id
from wtagents.store.undos import add_undo, advancing_undos, finish_undo, give_up_undo
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from wtagents.core.landing.merge import GateResult, MergeRequest
    from wtagents.core.landing.undo import Undo
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
_SHOWN = 4
_SUBJECT_LIMIT = 60


@record
class Landed:
    """A landing that is to be taken back."""

    context: Context
    task: Task
    request: MergeRequest
    before: Oid
    commit: Oid
    """What it brought is `before..commit`."""
    tell: Tell

    @property
    def commits(self) -> tuple[Oid, ...]:
        """The commits that landed, oldest first."""
        listed = self.context.repository.read(
            "rev-list", "--reverse", f"{self.before}..{self.commit}"
        )
        return tuple(map(Oid, listed.text.split()))


@record
class TakenBack:
    """The target does not have it any more, or would not."""

    old: Oid
    new: Oid
    """Equal to `old` when nothing was left of it."""
    gates: tuple[GateResult, ...] = ()
    notes: tuple[str, ...] = ()
    """What became of files that a person was editing."""
    warning: str = ""
    """What a person has to look at; '' when nothing."""


def take_back(
    landed: Landed, hub: Hub, *, dry_run: bool = False, no_gate: bool = False, why: str = ""
) -> TakenBack | Refusal:
    """Build, verify and advance; begin again when somebody else moved the target.

    `why` is what made wta do it by itself, '' when a person asked. The merger lock is held.
    """
    task, target = landed.task, landed.request.target
    for _ in range(_ATTEMPTS):
        made = build_undo(landed, hub)
        if isinstance(made, Refusal) or dry_run:
            return made
        if made.new != made.old and not no_gate:
            gated = gate_undo(landed, hub, made)
            if gated.red is not None:
                return _red(task, replace(refuse_red(task.name, gated.red), gates=gated.results))
            made = replace(made, gates=gated.results)
        end = advance_undo(landed, hub, made, why=why)
        if isinstance(end, TakenBack | Refusal):
            return end
        line = f"{target} moved while {task.name} was undone; beginning again"
        warning = took_along_words(target, end.took_along)
        landed.tell("; ".join(filter(None, (line, warning))))
    return Refusal(
        rejection=Rejection.TARGET_MOVING,
        detail=f"{target} moved {_ATTEMPTS} times while {task.name} was undone",
        hint=f"try again: wta undo {task.name}",
    )


def _red(task: Task, refusal: Refusal) -> Refusal:
    log = refusal.gates[-1].log if refusal.gates else "its log"
    return replace(
        refusal,
        detail=f"without {task.name} {refusal.detail}",
        hint=f"look at {log}; undo it even so: wta undo {task.name} --no-gate",
    )


def build_undo(landed: Landed, hub: Hub) -> TakenBack | Refusal:
    """Make the commit on the target's tip; nothing outside the hub changes."""
    context, target = landed.context, landed.request.target
    tip = ref_value(context.repository, target.ref)
    if tip is None or not contains(context.repository, tip, landed.commit):
        return Refusal(
            rejection=Rejection.TARGET_MOVING,
            detail=f"{target} does not hold {landed.commit.short} any more",
            hint=f"look at it: git log {target}",
        )
    person = person_of(context.repository)
    if not person:
        return Refusal(
            rejection=Rejection.NO_IDENTITY,
            detail="git does not know who commits here",
            hint='git config --global user.name "…" and git config --global user.email "…"',
        )
    hub.fetch(context.repository, tip, landed.commit)
    made = revert(
        hub,
        before=landed.before,
        landed=landed.commit,
        tip=tip,
        message=_message(landed),
        person=person,
        at=context.clock.now(),
    )
    if isinstance(made, Reverted):
        return TakenBack(old=tip, new=made.commit)
    return _refuse_dependants(landed, hub, tip, made.conflicts)


def gate_undo(landed: Landed, hub: Hub, made: TakenBack) -> Gated:
    """Let the gates look at it."""
    context, task, request = landed.context, landed.task, landed.request
    if not context.settings.merge.gate:
        return Gated()
    return run_gates(
        Inspection(
            context=context,
            hub=hub.repo,
            slot=1,
            tasks=(task.name,),
            commit=made.new,
            onto=made.old,
            target=request.target,
            stem=f"{task.name.folder}-{request.id}-undo",
            tell=landed.tell,
            cancelled=Event(),
        )
    )


def advance_undo(
    landed: Landed, hub: Hub, made: TakenBack, *, why: str = ""
) -> TakenBack | Moved | Refusal:
    """Move the target, and say so in the rows; Moved: somebody was faster."""
    context, target = landed.context, landed.request.target
    if made.new != made.old:
        hub.send(context.repository, made.new, known=(made.old,))
    with context.repository_lock():
        refusal = refuse_touched(context, landed.task)
        if refusal is not None:
            return refusal
        with context.database.write(actor="merger") as db:
            undo = add_undo(
                db,
                landed.request,
                onto=made.old,
                candidate=made.new,
                why=why,
                at=context.clock.now(),
            )
        result = advance(context.repository, target, made.old, made.new)
        if isinstance(result, Advanced):
            warning = spared_hint(result.settled, UNDO)
            made = replace(made, notes=settled_words(result.settled), warning=warning)
        _settle(context, landed.request, undo, done=isinstance(result, Advanced), said=made.warning)
    match result:
        case Advanced():
            return made
        case Moved():
            return result
        case CheckoutDirty():
            return _undoing(refuse_dirty(landed.task, target, result))
        case CheckoutBusy():
            return _undoing(refuse_busy(landed.task, target, result))
        case _:
            assert_never(result)


def settle_undos(context: Context) -> None:
    """Settle what a killed undo left, unless somebody lands or undoes; waits for nobody."""
    with try_lock(context.paths.merger_lock) as held:
        if held:
            recover_undos(context, patience=0.0)


def recover_undos(
    context: Context, *, tell: Tell = silent, patience: float = ORPHAN_SECONDS
) -> None:
    """Let the target say what became of undos whose process was killed.

    The caller holds the merger lock. One whose git command is still at work after `patience`
    seconds is left for later.
    """
    with context.database.read() as db:
        left = [(undo, merge_request_by_id(db, undo.merge_id)) for undo in advancing_undos(db)]
    for undo, request in left:
        if request is None:
            continue
        try:
            _recover(context, undo, request, tell, patience)
        except (WtaError, OSError):
            logger.exception("recovering an undo on %s", request.target)


def _recover(
    context: Context, undo: Undo, request: MergeRequest, tell: Tell, patience: float
) -> None:
    mark = Mark(target=request.target, old=undo.onto, new=undo.candidate)
    with context.repository_lock():
        ended = end_cut_off(context, mark, UNDO, patience=patience)
        if ended is None:
            return
        _settle(context, request, undo, done=ended.is_done, said=ended.hint)
    if ended.hint:
        line = f"undoing on {request.target}: {printable(ended.hint)}"
        logger.warning(line)
        tell(line)


def _settle(context: Context, request: MergeRequest, undo: Undo, *, done: bool, said: str) -> None:
    now = context.clock.now()
    with context.database.write(actor="merger") as db:
        if done:
            finish_undo(db, undo, request, now, warning=printable(said))
        else:
            give_up_undo(db, undo, now)


def _message(landed: Landed) -> str:
    """Word the commit as `git revert` does, with the task in a trailer."""
    subjects = landed.context.repository.read(
        "log", "--reverse", "--format=%s", f"{landed.before}..{landed.commit}"
    ).text.splitlines()
    lines = [f"This reverts commit {oid}." for oid in landed.commits]
    subject = f"Undo {landed.task.name}"
    if len(subjects) == 1:
        subject = f'Revert "{printable(subjects[0], _SUBJECT_LIMIT)}"'
    return "\n".join([subject, "", *lines, "", f"Wta-Undoes: {landed.task.name}", ""])


def _refuse_dependants(
    landed: Landed, hub: Hub, tip: Oid, conflicts: tuple[Conflict, ...]
) -> Refusal:
    """Name what landed later and changed the same places."""
    later = [
        each
        for conflict in conflicts
        for each in who_changed(hub, landed.commit, tip, conflict.path)
    ]
    tasks = dict.fromkeys(each.task for each in later if each.task)
    commits = dict.fromkeys(each.commit.short for each in later if not each.task)
    by = [f"task {task}" for task in tasks] + list(commits)
    paths = ", ".join(printable(conflict.path) for conflict in conflicts[:_SHOWN])
    more = f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
    builds = f"; that is the work of {', '.join(by[:_SHOWN])}" if by else ""
    name = landed.task.name
    first = next(iter(tasks), "")
    hint = f"wta undo {first}, then: wta undo {name}; or by hand: " if first else "by hand: "
    return Refusal(
        rejection=Rejection.CONFLICT,
        detail=f"what came later builds on it in {paths}{more}{builds}",
        hint=f"{hint}git revert --no-commit {landed.before.short}..{landed.commit.short}",
    )


def _undoing(refusal: Refusal) -> Refusal:
    """Name the command that was given, not the one that lands."""
    return replace(refusal, hint=refusal.hint.replace("wta merge", "wta undo"))
