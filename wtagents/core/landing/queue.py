"""The order of the merge queue and its batches.

Order: a task lands after those it names, then who asked first, the smaller change first among
those who asked within the same minute. Branches that clash go into different batches, the elder
first. How large a batch may be follows from how many landings failed lately in this repository.
"""

from __future__ import annotations

from enum import StrEnum
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from wtagents.core.ids import BranchName

FULL_BATCH, CAREFUL_BATCH = 16, 8
FULL_RATE, CAREFUL_RATE = 0.05, 0.10
"""Share of landings that the gates stop, up to which a batch is full, or half full. Simulated:
above it batches lose against a window (40 branches, 400 runs)."""
RECENT = 50
"""Landings that the rate is measured on."""
_PRIOR_LANDINGS, _PRIOR_FAILURES = 20, 1
"""What a repository is taken for before it has shown anything: of 2,897 merges that git called
clean, 5.4 % failed the project's tests."""
_AGE_CLASS_SECONDS = 60.0


class Wait(StrEnum):
    """Why a request is not in the batch before its own."""

    CLASH = "clash"
    """It clashes with an elder one."""
    AFTER = "after"
    """It lands after a task that it names."""
    ALONE = "alone"
    """It conflicts: it is verified by itself."""
    OTHER = "other"
    """The batch is for another target, or is not verified."""
    FULL = "full"
    """The batch is full."""


@record
class Entry:
    """One request that waits."""

    request_id: int
    task_id: int
    target: BranchName
    skip_gate: bool
    asked_at: datetime
    size: int
    """Of the change, in paths or lines: the same unit for all entries."""
    after: frozenset[int] = frozenset()
    """Ids of tasks that must have landed before, and have not yet."""
    alone: bool = False
    """Whether it conflicted with the target or with the batch that it was in."""

    @property
    def rank(self) -> tuple[int, int, int]:
        """Its place among entries that name no task: who asked first, then the smaller."""
        return int(self.asked_at.timestamp() // _AGE_CLASS_SECONDS), self.size, self.request_id


@record
class Held:
    """One request that has to wait for a later batch."""

    entry: Entry
    why: Wait
    of: int | None = None
    """The request that it waits for; for `AFTER` a task, which may not even have asked."""


@record
class Batch:
    """Requests that are verified together, in the order in which they land."""

    entries: tuple[Entry, ...]
    held: tuple[Held, ...]
    """All others, with the reason; the order of the queue."""


def plan_batch(
    entries: Collection[Entry], clashes: Collection[tuple[int, int]], limit: int
) -> Batch:
    """Return the next batch of at most `limit` requests; it is empty when every one is blocked.

    `clashes` are pairs of request ids.
    """
    rivals = {pair for first, second in clashes for pair in ((first, second), (second, first))}
    line, blocked = in_order(entries)
    chosen: list[Entry] = []
    held: list[Held] = []
    for entry in line:
        why = _why_not(entry, chosen, held, rivals, limit)
        if why is None:
            chosen.append(entry)
        else:
            held.append(why)
    return Batch(entries=tuple(chosen), held=(*held, *blocked))


def plan_batches(
    entries: Collection[Entry], clashes: Collection[tuple[int, int]], limit: int
) -> tuple[Batch, ...]:
    """Return all batches as they would follow each other if everything landed.

    Who is blocked by a task that is not in the queue stands in the last one's `held`.
    """
    batches: list[Batch] = []
    landed: set[int] = set()
    left = list(entries)
    while left:
        batch = plan_batch([_without(entry, landed) for entry in left], clashes, limit)
        batches.append(batch)
        if not batch.entries:
            break
        landed |= {entry.task_id for entry in batch.entries}
        left = [entry for entry in left if entry.task_id not in landed]
    return tuple(batches)


def in_order(entries: Collection[Entry]) -> tuple[list[Entry], list[Held]]:
    """Return the queue, first to land first, and who is blocked by a task that is not in it."""
    ready = [(entry.rank, entry) for entry in entries if not entry.after]
    heapify(ready)
    waiting = [entry for entry in entries if entry.after]
    line: list[Entry] = []
    before: set[int] = set()
    while ready:
        entry = heappop(ready)[1]
        line.append(entry)
        before.add(entry.task_id)
        free = [each for each in waiting if each.after <= before]
        waiting = [each for each in waiting if each not in free]
        for each in free:
            heappush(ready, (each.rank, each))
    blocked = [
        Held(entry=entry, why=Wait.AFTER, of=min(entry.after - before))
        for entry in sorted(waiting, key=lambda each: each.rank)
    ]
    return line, blocked


def failure_rate(recent: Sequence[bool]) -> float:
    """Return the share of landings that fail, from the last ones (True: it landed)."""
    failures = recent.count(False)
    return (failures + _PRIOR_FAILURES) / (len(recent) + _PRIOR_LANDINGS)


def batch_limit(recent: Sequence[bool], *, slots: int) -> int:
    """Return how many requests a batch may have; `recent` are the last landings, oldest first.

    Where too many fail the window of Zuul takes over: one more for each landing, half for each
    failure, never below one.
    """
    rate = failure_rate(recent)
    if rate <= FULL_RATE:
        return FULL_BATCH
    if rate <= CAREFUL_RATE:
        return CAREFUL_BATCH
    window = slots
    for landed in recent:
        window = min(window + 1, CAREFUL_BATCH) if landed else max(window // 2, 1)
    return window


def _why_not(
    entry: Entry,
    chosen: Sequence[Entry],
    held: Sequence[Held],
    rivals: Collection[tuple[int, int]],
    limit: int,
) -> Held | None:
    """Say why an entry is not in the batch of those chosen before it; None when it is."""
    if not chosen:
        return None
    first = chosen[0]
    elders = [each.request_id for each in (*chosen, *(each.entry for each in held))]
    rival = next((elder for elder in elders if (elder, entry.request_id) in rivals), None)
    if rival is not None:
        return Held(entry=entry, why=Wait.CLASH, of=rival)
    behind = sorted(entry.after & {each.entry.task_id for each in held})
    if behind:
        return Held(entry=entry, why=Wait.AFTER, of=behind[0])
    if entry.alone or first.alone:
        return Held(entry=entry, why=Wait.ALONE, of=None if entry.alone else first.request_id)
    if (entry.target, entry.skip_gate) != (first.target, first.skip_gate):
        return Held(entry=entry, why=Wait.OTHER)
    return Held(entry=entry, why=Wait.FULL) if len(chosen) >= limit else None


def _without(entry: Entry, landed: Collection[int]) -> Entry:
    return replace(entry, after=entry.after.difference(landed)) if entry.after else entry
