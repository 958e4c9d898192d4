"""What to do next: one pure function from the snapshot, the policy and the time to actions.

Every action is idempotent and checked again when it is carried out, so the same plan may be applied
by the command line, the supervisor and cron at once. A plan over a world at rest is empty.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.lifecycle import ENDED_TASK_STATES, LIVE_MERGE_STATES
from wtagents.core.moments import is_on
from wtagents.core.record import record
from wtagents.core.run import ExitReason, Purpose, RunState
from wtagents.core.task import Reason, TaskState, Wish
from wtagents.core.tending.admission import Admission, AdmissionPolicy, in_order, new_limits
from wtagents.core.tending.settle import Settlement, SettlePolicy, settle
from wtagents.core.tending.suspicion import NoteSuspicion, Respond, SuspicionPolicy, plan_responses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from wtagents.core.ids import RunId
    from wtagents.core.message import Taken
    from wtagents.core.run import Exit, ProcessIdentity, Run
    from wtagents.core.task import Task
    from wtagents.core.tending.limit import AccountLimit
    from wtagents.core.tending.run_facts import RunFacts
    from wtagents.core.tending.snapshot import Snapshot, TaskView

LAUNCH_GRACE = timedelta(seconds=5)
"""How long a run may stay unclaimed before its runner is started once more."""
FIRM_GRACE = timedelta(seconds=5)
"""How long after its own firm deadline a runner may take before it is stopped from outside."""


@record
class BeginRun:
    """Make sure the worktree is there, add a run and start its runner."""

    task_id: int
    purpose: Purpose
    after: RunId | None
    """The latest run; when there is a later one by now, the plan is out of date."""


@record
class LaunchRunner:
    """Start the runner of a run that nobody has claimed."""

    run_id: RunId


@record
class NoteRunning:
    """Record who runs it."""

    run_id: RunId
    runner: ProcessIdentity


@record
class NoteExit:
    """Record how a run ended."""

    run_id: RunId
    exit: Exit


@record
class NoteLost:
    """Stop what dead runners left behind, all at once, then record their runs as lost."""

    run_ids: tuple[RunId, ...]


@record
class StopRun:
    """Ask the runner to stop its agent."""

    run_id: RunId


@record
class StopFirmly:
    """Stop every process of these runs from outside, all at once."""

    run_ids: tuple[RunId, ...]


@record
class PostMessage:
    """Put a message into the inbox of a live run."""

    run_id: RunId
    message_id: int


@record
class NoteTaken:
    """Record what became of a message."""

    run_id: RunId
    taken: Taken


@record
class DropMessage:
    """Record that a message has nobody left to go to."""

    message_id: int
    reason: str


@record
class SettleTask:
    """Move a task on after its run ended, or because a person wished it."""

    task_id: int
    expected: TaskState
    wish: Wish
    after: RunId | None
    """The run that was judged; when there is a later one by now, the verdict is out of date."""
    settlement: Settlement


@record
class NoteLimit:
    """Record that an account is at its limit, for all that would start on it."""

    limit: AccountLimit


@record
class RequestMerge:
    """Add the merge request that `--merge` asked for."""

    task_id: int


Action = (
    BeginRun
    | LaunchRunner
    | NoteRunning
    | NoteExit
    | NoteLost
    | StopRun
    | StopFirmly
    | PostMessage
    | NoteTaken
    | DropMessage
    | SettleTask
    | RequestMerge
    | NoteLimit
    | NoteSuspicion
    | Respond
)


@record
class Policy:
    """The settings that a plan depends on."""

    admission: AdmissionPolicy
    settle: SettlePolicy
    suspicion: SuspicionPolicy = SuspicionPolicy()


def plan(snapshot: Snapshot, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Return what to do, in the order in which tasks may start."""
    limits = new_limits(snapshot)
    actions: list[Action] = [NoteLimit(limit=limit) for limit in limits]
    admission = Admission(snapshot, policy.admission, now)
    admission.learn(limits)
    for view in in_order(snapshot.views):
        planned = _plan_task(view, policy, now)
        actions += (
            each
            for each in planned
            if not isinstance(each, BeginRun) or admission.wait_of(view) is None
        )
    actions += plan_responses(snapshot, policy.suspicion, now)
    return _with_ends_together(actions)


def _with_ends_together(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Return the actions with one for all runs that end alike: to prove an end takes time, once."""
    ends: dict[type[NoteLost | StopFirmly], list[RunId]] = {NoteLost: [], StopFirmly: []}
    others: list[Action] = []
    for each in actions:
        if isinstance(each, NoteLost | StopFirmly):
            ends[type(each)] += each.run_ids
        else:
            others.append(each)
    return (*(kind(run_ids=tuple(ids)) for kind, ids in ends.items() if ids), *others)


def _plan_task(view: TaskView, policy: Policy, now: datetime) -> Iterator[Action]:
    if view.run is not None and view.run_facts is not None:
        yield from _plan_taken(view, view.run, view.run_facts)
    if view.live_run is not None and view.run_facts is not None:
        yield from _plan_live(view, view.live_run, view.run_facts, now)
    elif view.task.state not in ENDED_TASK_STATES:
        yield from _plan_resting(view, policy, now)
    else:
        yield from _drop_all(view, f"the task is {view.task.state}")


def _plan_taken(view: TaskView, run: Run, facts: RunFacts) -> Iterator[Action]:
    """Words that a run could not deliver stay undelivered: the next run begins with them."""
    waiting = {message.id: message for message in view.messages}
    for taken in facts.taken:
        message = waiting.get(taken.message_id)
        if message is not None and (taken.delivered or not message.is_words):
            yield NoteTaken(run_id=run.id, taken=taken)


def _plan_live(view: TaskView, run: Run, facts: RunFacts, now: datetime) -> Iterator[Action]:
    if facts.exit is not None:
        yield NoteExit(run_id=run.id, exit=facts.exit)
        return
    if facts.claim is None:
        yield from _plan_unclaimed(view, run, facts, now)
        return
    if not facts.runner_alive:
        # One that a firm stop has killed is not lost by that.
        yield (StopFirmly if _is_overdue(run, now) else NoteLost)(run_ids=(run.id,))
        return
    if run.state is RunState.STARTING:
        yield NoteRunning(run_id=run.id, runner=facts.claim)
    yield from _plan_stop(view, run, facts, now)
    taken = {item.message_id for item in facts.taken}
    for message in view.messages:
        if message.id not in facts.posted and message.id not in taken:
            yield PostMessage(run_id=run.id, message_id=message.id)


def is_to_end(task: Task, *, halted: bool, given_up: bool) -> bool:
    """Whether the live run of a task is to stop.

    `halted` by a person who paused it at once, `given_up` by the steps about a suspicion.
    """
    return halted or given_up or task.fresh or task.wish is not Wish.WORK


def _plan_unclaimed(view: TaskView, run: Run, facts: RunFacts, now: datetime) -> Iterator[Action]:
    if view.task.wish is not Wish.WORK or view.halted:
        yield StopFirmly(run_ids=(run.id,))
    elif facts.barred:
        yield NoteLost(run_ids=(run.id,))
    elif not is_on(run.created_at, run.created_at + LAUNCH_GRACE, now):
        yield LaunchRunner(run_id=run.id)


def _plan_stop(view: TaskView, run: Run, facts: RunFacts, now: datetime) -> Iterator[Action]:
    """Whoever recorded a stop may have been killed before the runner was told."""
    if _is_overdue(run, now):
        yield StopFirmly(run_ids=(run.id,))
    elif run.state is RunState.STOPPING:
        if not facts.told_to_stop:
            yield StopRun(run_id=run.id)
    elif is_to_end(view.task, halted=view.halted, given_up=view.given_up):
        yield StopRun(run_id=run.id)


def _is_overdue(run: Run, now: datetime) -> bool:
    """Whether a runner has had all the time it gets to stop its agent."""
    return run.stop_deadline is not None and now >= run.stop_deadline + FIRM_GRACE


def _plan_resting(view: TaskView, policy: Policy, now: datetime) -> Iterator[Action]:
    task = view.task
    yield from _drop_stale(view)
    if task.wish is Wish.CANCEL:
        if task.state is not TaskState.MERGING:
            yield _settled(view, Settlement(to=TaskState.CANCELLED))
        return
    if task.state in (TaskState.QUEUED, TaskState.PREPARING):
        yield from _plan_queued(view)
    elif task.state is TaskState.ACTIVE:
        yield from _plan_ended_run(view, policy, now)
    elif task.state is not TaskState.MERGING and task.wish is Wish.WORK and is_woken(view):
        yield _settled(view, Settlement(to=TaskState.QUEUED, forgive=True))
    elif task.state is TaskState.READY and task.merge_when_ready and _may_request_merge(view):
        yield RequestMerge(task_id=task.id)


def _plan_queued(view: TaskView) -> Iterator[Action]:
    task = view.task
    if task.wish is Wish.STOP:
        yield _settled(view, Settlement.stopped())
    else:
        purpose = Purpose.CONTINUE if view.run is not None and not _texts(view) else Purpose.WORK
        yield _begun(view, purpose)


def _plan_ended_run(view: TaskView, policy: Policy, now: datetime) -> Iterator[Action]:
    settlement = settle(view, policy.settle, now)
    if isinstance(settlement, Purpose):
        yield _begun(view, settlement)
    else:
        yield _settled(view, settlement)


def _begun(view: TaskView, purpose: Purpose) -> BeginRun:
    return BeginRun(task_id=view.task.id, purpose=purpose, after=view.run.id if view.run else None)


def _settled(view: TaskView, settlement: Settlement) -> SettleTask:
    return SettleTask(
        task_id=view.task.id,
        expected=view.task.state,
        wish=view.task.wish,
        after=view.run.id if view.run else None,
        settlement=settlement,
    )


def _texts(view: TaskView) -> bool:
    return any(message.is_words for message in view.messages)


def is_woken(view: TaskView) -> bool:
    """Whether a person spoke to a task at rest.

    Words that a failed run left unheard wait for the next one, but are no reason to begin it: it
    would fail like the last.
    """
    spoken = [message.created_at for message in view.messages if message.is_words]
    if view.task.reason is Reason.NOT_STARTED:
        # What speaks to a task changes it at the same moment.
        return any(at >= view.task.changed_at for at in spoken)
    run = view.run
    if run is None or run.exit is None or run.ended_at is None:
        return bool(spoken)
    done = (ExitReason.COMPLETED, ExitReason.STOPPED, ExitReason.INTERRUPTED)
    if run.exit.reason in done and view.task.reason is not Reason.STUCK:
        return bool(spoken)
    ended_at = run.ended_at
    return any(at > ended_at for at in spoken)


def _drop_stale(view: TaskView) -> Iterator[Action]:
    """Only a person's words outlive a run: everything else belongs to the run it met."""
    for message in view.messages:
        if not message.is_words:
            yield DropMessage(message_id=message.id, reason="the run had ended")


def _drop_all(view: TaskView, reason: str) -> Iterator[Action]:
    for message in view.messages:
        yield DropMessage(message_id=message.id, reason=reason)


def _may_request_merge(view: TaskView) -> bool:
    """Whether `--merge` may ask: never twice for one result that was refused."""
    merge = view.merge
    if view.frozen or merge is None:
        return not view.frozen
    if merge.state in LIVE_MERGE_STATES or merge.state is MergeState.WITHDRAWN:
        return False
    return view.run is not None and view.run.created_at > merge.created_at
