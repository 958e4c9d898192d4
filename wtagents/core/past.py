"""How things stood at a moment that has passed, from the events until then. Pure.

Events tell states, reasons and ends, the pulses that were kept what an agent did. What nobody kept
is unknown. A row gives what never changes.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.events import EventKind
from wtagents.core.ids import Oid
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_RUN_STATES
from wtagents.core.record import replace
from wtagents.core.run import KEPT_SECONDS, RunState
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.limit import AccountLimit
from wtagents.core.tending.pause import EVERYTHING, Pauses
from wtagents.core.tending.run_facts import RunFacts
from wtagents.core.tending.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from wtagents.core.events import Event
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.core.run import Exit, KeptPulse, ProcessIdentity, Pulse, Run
    from wtagents.core.task import Task

TASK_STATES = (EventKind.TASK_ADDED, EventKind.TASK_MOVED)
WISHES = (EventKind.TASK_ADDED, EventKind.TASK_WISHED)
TASK_NAMES = (EventKind.TASK_REMOVED, EventKind.TASK_RESTORED)
RUN_STATES = (EventKind.RUN_ADDED, EventKind.RUN_MOVED)
MERGE_STATES = (EventKind.MERGE_REQUESTED, EventKind.MERGE_MOVED)
MESSAGES = (EventKind.MESSAGE_ADDED, EventKind.MESSAGE_DELIVERED, EventKind.MESSAGE_FAILED)
PAUSES = (EventKind.PAUSE_ADDED, EventKind.PAUSE_ENDED)
LIMITS = (EventKind.ACCOUNT_LIMITED, EventKind.ACCOUNT_FREED)

_AGO = re.compile(r"(\d{1,6})\s*([smhd])(?: ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_FORMS = "write 14:05, 90m or 2026-11-21 14:05"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_SIGN_SECONDS = KEPT_SECONDS + 45.0
"""Within which a runner that lives has kept a pulse of its agent: one that is silent is looked at
every half minute at least, and every minute one of the looks is kept."""
_UNFELT = frozenset({"base", "priority"})
"""Wishes that do not count as a change of the task."""


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
        raise UsageError(f"{text!r} is no moment", hint=_FORMS) from None
    if meant > now:
        raise UsageError(f"{text!r} has not come yet", hint=_FORMS)
    return meant


def task_then(task: Task, moved: Event, wished: Iterable[Event]) -> Task:
    """Return a task as its last move left it; `wished` is what was wished until then, in order."""
    data = moved.data
    felt = [each for each in wished if not each.data.keys() <= _UNFELT]
    lands = [each.data["merge_when_ready"] for each in felt if "merge_when_ready" in each.data]
    later = data.get("not_before")
    return replace(
        task,
        state=TaskState(data.get("to", TaskState.QUEUED)),
        reason=Reason(data["reason"]) if data.get("reason") else None,
        detail=data.get("detail", ""),
        not_before=datetime.fromisoformat(later) if later else None,
        removed_at=None,
        merge_when_ready=lands[-1] if lands else task.merge_when_ready,
        changed_at=max((moved.at, *(each.at for each in felt))),
    )


def run_then(run: Run, moved: Event) -> Run:
    """Return a run as its last move left it."""
    state = RunState(moved.data.get("to", RunState.STARTING))
    if state in LIVE_RUN_STATES:
        return replace(run, state=state, exit=None, ended_at=None, stop_deadline=None)
    return replace(run, state=state)


def run_facts_then(
    run: Run,
    claim: ProcessIdentity | None,
    kept: KeptPulse | None,
    *,
    end: Exit | None,
    trail: Trail,
    at: datetime,
) -> RunFacts:
    """Return what the folder and the processes of a run said that lived by what the store knew.

    `run` is as it was, `kept` the pulse that stood then, `end` how it ended at last. A runner that
    has kept no pulse for a while was not heard of: its heartbeat is as old as its last one.
    """
    begun = kept is not None or run.state is not RunState.STARTING
    silent = (at - kept.at).total_seconds() if kept is not None else 0.0
    return RunFacts(
        claim=claim if begun else None,
        told_to_stop=False,
        barred=False,
        runner_alive=True,
        agent_alive=True,
        heartbeat_age=silent if silent > _SIGN_SECONDS else None,
        activity_age=_seconds(kept.spoke_at, at) if kept is not None else None,
        pulse=_pulse_then(kept, at) if kept is not None else None,
        exit=end if end is not None and end.at <= at else None,
        posted=frozenset(),
        taken=(),
        trail=_trail_then(trail, at),
    )


def _pulse_then(kept: KeptPulse, at: datetime) -> Pulse:
    """Let a silence have grown since it was kept: not every pulse is that says nothing else."""
    pulse, still = kept.pulse, kept.pulse.still
    if still is None:
        return pulse
    more = min((at - kept.at).total_seconds(), _SIGN_SECONDS)
    grown = replace(still, seconds=still.seconds + more, idle_seconds=still.idle_seconds + more)
    return replace(pulse, still=grown, at=at)


def _trail_then(trail: Trail, at: datetime) -> Trail:
    looks = tuple(look for look in trail.looks if look.at <= at)
    whole = len(looks) == len(trail.looks)
    return Trail(looks=looks, turn=trail.turn if whole or not looks else looks[-1].turn)


def _seconds(since: datetime | None, at: datetime) -> float | None:
    return None if since is None else max((at - since).total_seconds(), 0.0)


def merge_then(request: MergeRequest, moved: Event) -> MergeRequest:
    """Return a merge request as its last move left it.

    What was resolved and what the gates said belongs to a candidate: of an earlier one it is
    unknown.
    """
    if moved.at >= request.changed_at:
        return request
    data = moved.data
    state = MergeState(data.get("to", MergeState.WAITING))
    same = data.get("candidate") is not None and data["candidate"] == request.candidate
    gated = same and state is MergeState.ADVANCING
    return replace(
        request,
        state=state,
        rejection=Rejection(data["rejection"]) if data.get("rejection") else None,
        detail=data.get("detail", ""),
        hint=data.get("hint", ""),
        **{name: _oid(data.get(name)) for name in ("source", "onto", "candidate")},
        attempts=data.get("attempts", 0),
        superseded=data.get("superseded", 0),
        batch=data.get("batch"),
        place=data.get("place"),
        gates=request.gates if gated else (),
        resolutions=request.resolutions if same else (),
        holds=(),
        patch=request.patch if same else "",
        changed_at=moved.at,
    )


def _oid(text: str | None) -> Oid | None:
    return None if text is None else Oid(text)


def waiting_then(events: Iterable[Event]) -> Mapping[int, int]:
    """Return how many messages waited to be delivered to each task, from all events of them."""
    waiting: dict[int, int | None] = {}
    for each in events:
        number = each.data["message_id"]
        if each.kind is EventKind.MESSAGE_ADDED:
            waiting[number] = each.task_id
        else:
            waiting.pop(number, None)
    tasks = list(waiting.values())
    return {task_id: tasks.count(task_id) for task_id in tasks if task_id is not None}


def behind_then(after: Collection[int], tasks: Mapping[int, Task]) -> Task | None:
    """Return, of what a task lands after, one that had not ended: one at rest before others."""
    open_ = [tasks[each] for each in after if each in tasks]
    open_ = [task for task in open_ if task.state not in ENDED_TASK_STATES]
    resting = (TaskState.FAILED, TaskState.STOPPED)
    return min(open_, key=lambda task: (task.state not in resting, task.id), default=None)


def pauses_then(events: Iterable[Event]) -> Pauses:
    """Return what was held back, from the last event of each task and of everything."""
    held = {
        each.task_id or EVERYTHING: bool(each.data.get("frozen"))
        for each in events
        if each.kind is EventKind.PAUSE_ADDED
    }
    starts, frozen = EVERYTHING in held, held.pop(EVERYTHING, False)
    return Pauses(
        tasks=frozenset(held),
        at_once=frozenset(task_id for task_id, at_once in held.items() if at_once),
        starts=starts,
        frozen=frozen,
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
