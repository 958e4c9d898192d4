"""Landing: what waits goes in batches, each step a guarded move of the rows.

    waiting    T0, the target's tip, and S0, the branch's tip, are noted; S0 is archived
    replaying  S0's commits are replayed in the hub, onto T0 or the member of the batch before it
    resolving  the resolver's answer to a text conflict is verified
    gating     the gates look at prefixes of the batch, each on exactly its tree
    advancing  the target moves from T0 to the longest green prefix together with its checkout
    merged     rows and tasks say so

Killed anywhere, the next landing begins again from the rows: nothing before `advancing` touches the
user's repository, and `advancing` holds what is needed to finish. A target that moved meanwhile
supersedes the attempt, which begins again, however often. The tasks' own branches never move.
Whoever lands holds the merger lock.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError, WtaError
from wtagents.core.landing.merge import MergeState
from wtagents.core.landing.queue import plan_batch
from wtagents.git.advancing.lock import Mark
from wtagents.git.advancing.settle import finish_advance, unsettled
from wtagents.git.advancing.swap import swap_note
from wtagents.git.hub import open_hub
from wtagents.operations.landing.after import check_landed
from wtagents.operations.landing.batch import land_batch
from wtagents.operations.landing.choose import observe_line, wishes_of
from wtagents.operations.landing.cut_off import ORPHAN_SECONDS, end_cut_off
from wtagents.operations.landing.gate import stop_leftovers
from wtagents.operations.landing.landing import Landing
from wtagents.operations.landing.outcome import count_commits, in_turn, outcomes_of, silent
from wtagents.operations.landing.push import push_landed
from wtagents.operations.landing.take_back import recover_undos
from wtagents.operations.landing.words import LANDING, landed_words, settled_words, spared_hint
from wtagents.operations.resolving.retire import retire_desks
from wtagents.store.merges import live_merge_requests, merge_request_by_id
from wtagents.store.tasks import require_task_by_id
from wtagents.system.files import make_private_folder
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.core.ids import Oid
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import MergeOutcome, Tell

logger = logging.getLogger(__name__)

_TRIES = 5
"""How often a request begins in one pass while its target goes on moving; then come the others."""


def land_waiting(context: Context, *, tell: Tell = silent) -> tuple[MergeOutcome, ...]:
    """Land what waits; nothing when another process is landing.

    Raises SystemFault when the store cannot be written.
    """
    make_private_folder(context.paths.root)
    with try_lock(context.paths.merger_lock) as held:
        landed = land_queue(context, tell=tell) if held else ()
    return push_landed(context, outcomes_of(context, landed), wanted=False, tell=tell)


def land_queue(
    context: Context, *, only: Collection[int] | None = None, tell: Tell = silent
) -> tuple[int, ...]:
    """Repair what a killed landing left, then land the requests (all, or those named by id).

    Returns the ids of those that were in a batch, and of those that a killed landing had landed.
    The caller holds the merger lock.
    """
    tell = in_turn(tell)
    seen: dict[int, None] = dict.fromkeys(recover(context, tell=tell))
    check_landed(context, tell)
    alone: set[int] = set()
    before: list[tuple[int, int]] | None = None
    at_first: dict[int, int] = {}
    while True:
        waiting = _waiting(context, only, at_first)
        stand = [(request.id, request.tries) for request in waiting] + [(-1, len(alone))]
        if not waiting or stand == before:
            break
        before = stand
        hub = open_hub(context.paths, context.repository)
        batch = _next_batch(context, hub, waiting, alone, tell)
        seen |= dict.fromkeys(landing.request.id for landing in batch)
        alone |= set(land_batch(context, hub, batch, tell=tell)) if batch else set()
    check_landed(context, tell)
    retire_desks(context, tell)
    return tuple(seen)


def recover(context: Context, *, tell: Tell = silent) -> tuple[int, ...]:
    """Finish or begin again what a killed landing left; return the requests that had landed.

    The caller holds the merger lock.
    """
    recover_undos(context, tell=tell)
    left = [request for request in _live(context) if request.state is not MergeState.WAITING]
    if left:
        stop_leftovers(context)
    for request in left:
        landing = _landing(context, request, tell)
        try:
            _recover(landing, _end_of(request, left))
        except (WtaError, OSError):
            logger.exception("recovering %s", landing.task.name)
    _settle_the_rest(context, tell)
    with context.database.read() as db:
        now = [merge_request_by_id(db, request.id) for request in left]
    return tuple(each.id for each in now if each and each.state is MergeState.MERGED)


def _waiting(
    context: Context, only: Collection[int] | None, at_first: dict[int, int]
) -> list[MergeRequest]:
    """Return what waits, but for those that gave way too often since `at_first` was noted."""
    return [
        request
        for request in _live(context)
        if request.state is MergeState.WAITING
        and (only is None or request.id in only)
        and request.superseded - at_first.setdefault(request.id, request.superseded) < _TRIES
    ]


def _next_batch(
    context: Context, hub: Hub, waiting: list[MergeRequest], alone: set[int], tell: Tell
) -> list[Landing]:
    line = observe_line(context, hub, wishes_of(context, waiting), alone)
    batch = plan_batch(line.entries, line.clashes, line.limit)
    requests = {request.id: request for request in waiting}
    return [_landing(context, requests[entry.request_id], tell) for entry in batch.entries]


def _end_of(request: MergeRequest, left: list[MergeRequest]) -> Oid | None:
    """Return the last commit of the batch in which a request was about to land."""
    after = {
        each.onto: each.candidate
        for each in left
        if (each.state, each.target) == (MergeState.ADVANCING, request.target)
    }
    end = request.candidate
    while end in after:
        end = after.pop(end)
    return end


def _recover(landing: Landing, end: Oid | None) -> None:
    """Finish what had advanced already; put everything else back into the queue."""
    context, request = landing.context, landing.request
    if request.state is MergeState.ADVANCING and request.onto and request.candidate:
        mark = Mark(target=request.target, old=request.onto, new=request.candidate)
        with context.repository_lock():
            ended = end_cut_off(context, mark, LANDING, patience=ORPHAN_SECONDS, end=end)
            if ended is None:
                raise DeadlineError(
                    f"a git command of a killed landing is still at work on {request.target}",
                    hint="wta doctor; then: wta merge --ready",
                )
            if ended.is_done:
                commits = count_commits(context, request.onto, request.candidate)
                notes = ("it was cut off and finished later", *settled_words(ended.settled))
                words = landed_words(context, request, commits, notes)
                landing.finish(request.candidate, words, hint=ended.hint)
                return
        landing.cut_off(ended.hint)
        return
    landing.cut_off()


def _settle_the_rest(context: Context, tell: Tell) -> None:
    """Settle what is left of earlier landings that a person's git was in the way of."""
    if not (swap_note(context.repository).exists() or unsettled(context.repository)):
        return
    try:
        with context.repository_lock():
            if hint := spared_hint(finish_advance(context.repository)):
                tell(hint)
    except WtaError:
        logger.exception("settling what a killed landing left")


def _live(context: Context) -> list[MergeRequest]:
    with context.database.read() as db:
        return live_merge_requests(db)


def _landing(context: Context, request: MergeRequest, tell: Tell) -> Landing:
    with context.database.read() as db:
        task = require_task_by_id(db, request.task_id)
    return Landing(context=context, task=task, request=request, tell=tell)
