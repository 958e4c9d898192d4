"""What lands next: the requests that wait, in order, and which of them go together.

The pairs that clash are merged in the hub, each once. A forecast that fails is no reason to stop:
then requests land one by one, and each meets its own fault.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.landing.queue import RECENT, Entry, batch_limit
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.record import record
from wtagents.git.merging.overlap import overlaps
from wtagents.git.refs import branch_tips
from wtagents.operations.landing.landing import ATTEMPTS
from wtagents.operations.landing.verify import slots_of
from wtagents.store.after import tasks_after
from wtagents.store.gates import landing_measures, recall_clashes, remember_clashes
from wtagents.store.tasks import require_task_by_id

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
    from wtagents.store.gates import Measures

logger = logging.getLogger(__name__)

ALONE_AFTER = ATTEMPTS - 2
"""Attempts after which a request comes alone: one that kills its merger must not take its batch
along to where a person is asked."""
_COMPARED = 64
"""Requests whose pairs are looked at; who waits behind them is not about to land."""


@record
class Wish:
    """One task that is to land, whether it was asked for already or is only looked at."""

    id: int
    task: Task
    target: BranchName
    skip_gate: bool
    asked_at: datetime
    attempts: int = 0
    """How often its landing has begun again."""


@record
class Line:
    """Everything that decides about the next batch."""

    entries: tuple[Entry, ...]
    clashes: frozenset[tuple[int, int]]
    limit: int
    """Requests that one batch may have."""
    measures: Measures
    slots: int


def wishes_of(context: Context, requests: Sequence[MergeRequest]) -> list[Wish]:
    """Return the requests with their tasks."""
    with context.database.read() as db:
        return [
            Wish(
                id=each.id,
                task=require_task_by_id(db, each.task_id),
                target=each.target,
                skip_gate=each.skip_gate,
                asked_at=each.created_at,
                attempts=each.attempts,
            )
            for each in requests
        ]


def observe_line(
    context: Context, hub: Hub | None, wishes: Sequence[Wish], alone: Collection[int] = ()
) -> Line:
    """Look at what is to land; `alone` are those known to conflict.

    Without a hub no pair is compared.
    """
    with context.database.read() as db:
        after = {each.id: _open(tasks_after(db, each.task.id)) for each in wishes}
        measures = landing_measures(db, recent=RECENT)
    slots = slots_of(context)
    limit = batch_limit(measures.landed, slots=slots)
    clashes, sizes = frozenset[tuple[int, int]](), dict[int, int]()
    if hub is not None and len(wishes) > 1:
        try:
            clashes, sizes = _compare(context, hub, wishes[:_COMPARED])
        except (WtaError, OSError) as error:
            logger.warning("comparing the branches that wait", exc_info=error)
            limit = 1
    entries = tuple(
        Entry(
            request_id=each.id,
            task_id=each.task.id,
            target=each.target,
            skip_gate=each.skip_gate,
            asked_at=each.asked_at,
            size=sizes.get(each.id, 0),
            after=after[each.id],
            alone=each.id in alone or each.attempts >= ALONE_AFTER,
        )
        for each in wishes
    )
    return Line(entries=entries, clashes=clashes, limit=limit, measures=measures, slots=slots)


def _open(tasks: Collection[Task]) -> frozenset[int]:
    return frozenset(task.id for task in tasks if task.state not in ENDED_TASK_STATES)


def _compare(
    context: Context, hub: Hub, wishes: Sequence[Wish]
) -> tuple[frozenset[tuple[int, int]], dict[int, int]]:
    """Return the pairs that clash, and how many paths each of them changes."""
    tips = branch_tips(context.repository)
    with context.database.read() as db:
        known = recall_clashes(db)
    before = set(known)
    clashes: set[tuple[int, int]] = set()
    sizes: dict[int, int] = {}
    for target in dict.fromkeys(each.target for each in wishes):
        onto = tips.get(target)
        branches = [
            (each.id, each.task.base, tip)
            for each in wishes
            if each.target == target and (tip := tips.get(each.task.branch)) is not None
        ]
        if onto is None or not branches:
            continue
        hub.fetch(context.repository, onto, *_commits(branches))
        found, counted = overlaps(hub, branches, onto, known=known)
        clashes |= found
        sizes |= counted
    fresh = {pair: known[pair] for pair in known if pair not in before}
    if fresh:
        with context.database.write(durable=False) as db:
            remember_clashes(db, fresh, at=context.clock.now())
    return frozenset(clashes), sizes


def _commits(branches: Sequence[tuple[int, Oid, Oid]]) -> list[Oid]:
    return [commit for _, base, tip in branches for commit in (base, tip)]
