"""Landing: one merge request after the other, each step a guarded move of its row.

    waiting    T0, the target's tip, and S0, the branch's tip, are noted; S0 is archived
    replaying  S0's commits are replayed onto T0 in the hub
    resolving  the resolver's answer to a text conflict is verified
    gating     the gates look at exactly the candidate
    advancing  the target moves from T0 to the candidate together with its checkout
    merged     row and task say so

Killed anywhere, the next landing begins again from the row: nothing before `advancing` touches the
user's repository, and `advancing` holds what is needed to finish. A target that moved meanwhile
supersedes the attempt. The task's own branch never moves. Whoever lands holds the merger lock.
"""

from __future__ import annotations

import logging
from threading import Event
from typing import TYPE_CHECKING, assert_never

from wtagents.core.errors import DeadlineError, SystemFault, WtaError
from wtagents.core.merge import MergeRequest, MergeState, Rejection
from wtagents.core.record import record, replace
from wtagents.core.task import TaskState
from wtagents.git.advance import (
    Advanced,
    CheckoutBusy,
    CheckoutDirty,
    Moved,
    advance,
    finish_advance,
    is_advancing,
)
from wtagents.git.hub import open_hub
from wtagents.git.refs import ref_value
from wtagents.operations.landing.candidate import Built, Contained, Overtaken, build_candidate
from wtagents.operations.landing.gate import Gated, run_gates, stop_leftovers
from wtagents.operations.landing.holds import refuse_held
from wtagents.operations.landing.landing import Landing
from wtagents.operations.landing.outcome import Refusal, count_commits, outcome_of, silent
from wtagents.operations.landing.source import observe_source, refuse_touched
from wtagents.operations.landing.take_back import recover_undos
from wtagents.operations.landing.words import landed_words, refuse_busy, refuse_dirty, refuse_moved
from wtagents.store.merges import live_merge_requests
from wtagents.store.tasks import require_task_by_id
from wtagents.system.files import make_private_folder
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import MergeOutcome, Tell
    from wtagents.operations.landing.source import Source

logger = logging.getLogger(__name__)

_ORPHAN_SECONDS = 45.0
"""How long a git command that outlived its landing is waited for."""


@record
class Superseded:
    """The target moved while the attempt was under way."""

    why: str


@record
class Settled:
    """The row says how it ended; there is nothing left to do."""


End = Refusal | Superseded | Settled


def land_waiting(context: Context, *, tell: Tell = silent) -> tuple[MergeOutcome, ...]:
    """Land what waits, oldest first; nothing when another process is landing.

    Raises SystemFault when the store cannot be written.
    """
    make_private_folder(context.paths.root)
    with try_lock(context.paths.merger_lock) as held:
        return land_queue(context, tell=tell) if held else ()


def land_queue(
    context: Context, *, only: Collection[int] | None = None, tell: Tell = silent
) -> tuple[MergeOutcome, ...]:
    """Repair what a killed landing left, then land the requests (all, or those named by id).

    The caller holds the merger lock.
    """
    recover(context, tell=tell)
    outcomes: dict[int, MergeOutcome] = {}
    while True:
        waiting = [
            request
            for request in _live(context)
            if request.state is MergeState.WAITING
            and request.id not in outcomes
            and (only is None or request.id in only)
        ]
        if not waiting:
            return tuple(outcomes.values())
        outcomes[waiting[0].id] = land(context, waiting[0], tell=tell)


def recover(context: Context, *, tell: Tell = silent) -> None:
    """Finish or begin again what a killed landing left; the caller holds the merger lock."""
    recover_undos(context)
    left = [request for request in _live(context) if request.state is not MergeState.WAITING]
    if left:
        stop_leftovers(context)
    for request in left:
        landing = _landing(context, request, tell)
        try:
            _recover(landing)
        except (WtaError, OSError):
            logger.exception("recovering %s", landing.task.name)


def land(context: Context, request: MergeRequest, *, tell: Tell = silent) -> MergeOutcome:
    """Land one waiting request, or say why not; the caller holds the merger lock."""
    landing: Landing | None = _landing(context, request, tell)
    while landing is not None:
        landing = _next_attempt(landing)
    return outcome_of(context, request.id)


def _next_attempt(landing: Landing) -> Landing | None:
    """Make one attempt; return the landing when another one is due."""
    if landing.task.state not in (TaskState.READY, TaskState.MERGING):
        landing.withdraw(f"the task is {landing.task.state} again")
        return None
    try:
        end = _attempt(landing)
    except (WtaError, OSError) as error:
        logger.warning("landing %s", landing.task.name, exc_info=error)
        end = _fault(landing.task, error)
    match end:
        case Refusal():
            landing.reject(end)
        case Superseded():
            again = landing.begin_again(end.why, Rejection.TARGET_MOVING)
            return None if again is None else _landing(again.context, again.request, again.tell)
        case Settled():
            pass
        case _:
            assert_never(end)
    return None


def _attempt(landing: Landing) -> End:
    context = landing.context
    hub = open_hub(context.paths, context.repository)
    source = observe_source(context, landing.task, landing.request.target)
    if isinstance(source, Refusal):
        return source
    begun = landing.begin(source=source.tip, onto=source.onto)
    if begun is None:
        return Settled()
    hub.archive(context.repository, begun.task.name, begun.request.id, source.tip)
    hub.fetch(context.repository, source.onto)
    built = build_candidate(begun, hub, source)
    match built:
        case Built():
            return refuse_held(built, hub, source) or _verify(built, hub, source)
        case Contained():
            begun.finish(source.onto, built.detail)
            return Settled()
        case Refusal():
            return built
        case Overtaken():
            return Settled()
        case _:
            assert_never(built)


def _verify(built: Built, hub: Hub, source: Source) -> End:
    """Run the gates on the candidate, then advance."""
    landing = built.landing.move(
        MergeState.GATING, candidate=built.commit, resolutions=built.resolutions
    )
    if landing is None:
        return Settled()
    gated = Gated()
    if not landing.request.skip_gate:
        gated = run_gates(landing, hub.repo, built.commit, source.onto)
    if gated.refusal is not None:
        return replace(gated.refusal, gates=gated.results)
    hub.send(landing.context.repository, built.commit, known=(source.tip, source.onto))
    with landing.context.repository_lock():
        return _advance(landing, built, gated, source)


def _advance(landing: Landing, built: Built, gated: Gated, source: Source) -> End:
    """Move the target, under the repository lock; from here on the row decides after a kill."""
    context, task, target = landing.context, landing.task, landing.request.target
    if ref_value(context.repository, task.branch.ref) != source.tip:
        return refuse_moved(task)
    refusal = refuse_touched(context, task)
    if refusal is not None:
        return refusal
    advancing = landing.move(MergeState.ADVANCING, gates=gated.results)
    if advancing is None:
        return Settled()
    result = advance(context.repository, target, source.onto, built.commit)
    match result:
        case Advanced():
            said = landed_words(advancing.request, built.commits, gated.notes)
            advancing.finish(built.commit, said)
            return Settled()
        case Moved():
            return Superseded(why=f"{target} moved while {task.name} was landing")
        case CheckoutDirty():
            return refuse_dirty(task, target, result)
        case CheckoutBusy():
            return refuse_busy(task, target, result)
        case _:
            assert_never(result)


def _recover(landing: Landing) -> None:
    """Finish what had advanced already; put everything else back into the queue."""
    context, request = landing.context, landing.request
    if request.state is MergeState.ADVANCING and request.candidate is not None:
        with context.repository_lock():
            _finish_advance(context, request.target)
            if _has(context, request.target, request.candidate):
                commits = count_commits(context, request.onto, request.candidate)
                notes = ("it was cut off and finished later",)
                landing.finish(request.candidate, landed_words(request, commits, notes))
                return
    landing.begin_again(f"the landing was cut off while {request.state}", Rejection.CUT_OFF)


def _finish_advance(context: Context, target: BranchName) -> None:
    """Repair the checkouts, after the git commands that outlived a killed landing have ended.

    Raises DeadlineError while one of them goes on.
    """
    never, deadline = Event(), context.clock.monotonic() + _ORPHAN_SECONDS
    finish_advance(context.repository, target)
    while is_advancing(context.repository, target):
        if context.clock.monotonic() >= deadline:
            raise DeadlineError(
                f"a git command of a killed landing is still at work on {target}",
                hint="wta doctor; then: wta merge --ready",
            )
        context.clock.wait(never, 0.05)
        finish_advance(context.repository, target)


def _has(context: Context, target: BranchName, commit: Oid) -> bool:
    """Whether the target has a commit; one that never came into the repository it has not."""
    command = ("merge-base", "--is-ancestor", commit, target.ref)
    return context.repository.read(*command, ok=(0, 1, 128)).status == 0


def _fault(task: Task, error: WtaError | OSError) -> Refusal:
    if isinstance(error, OSError):
        error = SystemFault("the machine refused", cause=str(error).lower(), hint="wta doctor")
    cause = f": {error.cause}" if error.cause else ""
    return Refusal(
        rejection=Rejection.FAULT,
        detail=error.message + cause,
        hint=f"{error.hint or 'wta doctor'}; then: wta merge {task.name}",
    )


def _live(context: Context) -> list[MergeRequest]:
    with context.database.read() as db:
        return live_merge_requests(db)


def _landing(context: Context, request: MergeRequest, tell: Tell) -> Landing:
    with context.database.read() as db:
        task = require_task_by_id(db, request.task_id)
    return Landing(context=context, task=task, request=request, tell=tell)
