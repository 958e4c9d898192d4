"""How things stood at a moment that has passed, from the events until then. Pure.

Events tell states, reasons and ends. What nobody kept is unknown: what an agent did just then, how
large its diff was, with whom it clashed. A row gives what never changes.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.events import EventKind
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import replace
from wtagents.core.run import RunState
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.limit import AccountLimit
from wtagents.core.tending.pause import EVERYTHING, Pauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.events import Event
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Run
    from wtagents.core.task import Task

TASK_STATES = (EventKind.TASK_ADDED, EventKind.TASK_MOVED)
TASK_NAMES = (EventKind.TASK_REMOVED, EventKind.TASK_RESTORED)
RUN_STATES = (EventKind.RUN_ADDED, EventKind.RUN_MOVED)
MERGE_STATES = (EventKind.MERGE_REQUESTED, EventKind.MERGE_MOVED)
PAUSES = (EventKind.PAUSE_ADDED, EventKind.PAUSE_ENDED)
LIMITS = (EventKind.ACCOUNT_LIMITED, EventKind.ACCOUNT_FREED)

_AGO = re.compile(r"(\d{1,6})\s*([smhd])(?: ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORMS = "write 14:05, 90m or 2026-11-21 14:05"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def parse_past(text: str, now: datetime) -> datetime:
    """Return the moment that a person means: `14:05`, `90m`, `2h ago`, `2026-11-21 14:05`.

    A time of day is the last one. Raises UsageError for what is no moment, or lies ahead.
    """
    said = text.strip()
    ago, clock = _AGO.fullmatch(said), _CLOCK.fullmatch(said)
    try:
        if ago is not None:
            meant = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        elif clock is not None:
            local = now.astimezone().replace(
                hour=int(clock[1]), minute=int(clock[2]), second=int(clock[3] or 0), microsecond=0
            )
            meant = local if local <= now else local - timedelta(days=1)
        else:
            meant = datetime.fromisoformat(said).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is no moment", hint="write 14:05, 90m or 2026-11-21 14:05"
        ) from None
    if meant > now:
        raise UsageError(f"{text!r} has not come yet", hint="write 14:05, 90m or 2026-11-21 14:05")
    return meant


def task_then(task: Task, moved: Event) -> Task:
    """Return a task as its last move left it."""
    data = moved.data
    return replace(
        task,
        state=TaskState(data.get("to", TaskState.QUEUED)),
        reason=Reason(data["reason"]) if data.get("reason") else None,
        detail=data.get("detail", ""),
        not_before=None,
        removed_at=None,
        changed_at=moved.at,
    )


def run_then(run: Run, moved: Event) -> Run:
    """Return a run as its last move left it."""
    state = RunState(moved.data.get("to", RunState.STARTING))
    if state in LIVE_RUN_STATES:
        return replace(run, state=state, exit=None, ended_at=None, stop_deadline=None)
    return replace(run, state=state)


def merge_then(request: MergeRequest, moved: Event) -> MergeRequest:
    """Return a merge request as its last move left it; what came of gates later is unknown."""
    data = moved.data
    as_now = moved.at >= request.changed_at
    then = replace(
        request,
        state=MergeState(data.get("to", MergeState.WAITING)),
        rejection=Rejection(data["rejection"]) if data.get("rejection") else None,
        detail=data.get("detail", ""),
        changed_at=moved.at,
    )
    return then if as_now else replace(then, gates=(), resolutions=(), holds=(), candidate=None)


def pauses_then(events: Iterable[Event]) -> Pauses:
    """Return what was held back, from the last event of each task and of everything."""
    held = {
        each.task_id or EVERYTHING: bool(each.data.get("frozen"))
        for each in events
        if each.kind is EventKind.PAUSE_ADDED
    }
    return Pauses(
        tasks=frozenset(held.keys() - {EVERYTHING}),
        starts=EVERYTHING in held,
        frozen=any(held.values()),
    )


def limits_then(events: Iterable[Event], at: datetime) -> tuple[AccountLimit, ...]:
    """Return what accounts could not use; `events` in their order."""
    limits: dict[str, AccountLimit] = {}
    for each in events:
        account = str(each.data.get("account", ""))
        limits.pop(account, None)
        if each.kind is EventKind.ACCOUNT_LIMITED:
            until = datetime.fromisoformat(each.data["until"])
            detail = str(each.data.get("detail", ""))
            limits[account] = AccountLimit(
                account=account, until=until, detail=detail, seen_at=each.at
            )
    return tuple(limit for limit in limits.values() if limit.until > at)
