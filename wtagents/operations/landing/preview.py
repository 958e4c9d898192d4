"""What `wta merge` would do: order and batches, and the replays, made in the hub one on the other.

Nothing of the repository, its refs or the tasks changes, nobody is asked and nothing is run.
"""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.landing.queue import plan_batches
from wtagents.core.landing.rung import Rung
from wtagents.core.record import record, replace
from wtagents.git.hub import open_hub
from wtagents.git.merging.predict import open_merge_desk
from wtagents.git.merging.rebase import ReplayConflict
from wtagents.operations.landing.approval import foreseen_holds
from wtagents.operations.landing.candidate import contained, first_replay
from wtagents.operations.landing.choose import Wish, observe_line
from wtagents.operations.landing.climbing.foresee import foreseen_rungs
from wtagents.operations.landing.climbing.refusals import refuse_conflict
from wtagents.operations.landing.holds import find_holds, held
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.source import observe_ends, observe_shared, refuse_unsettled
from wtagents.operations.merge import chosen_tasks, require_landable
from wtagents.operations.result import OperationResult
from wtagents.operations.tripwire import observe_tripwire
from wtagents.operations.trust import observe_trust
from wtagents.store.merges import live_merge_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.core.ids import BranchName, Oid, TaskName
    from wtagents.core.landing.merge import LastResolver, ResolverKind
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.predict import MergeDesk
    from wtagents.operations.context import Context
    from wtagents.operations.landing.source import Source
    from wtagents.operations.merge import MergeRequestOptions


class Foreseen(StrEnum):
    """How a landing would go."""

    CLEAN = "clean"
    CONFLICT = "conflict"
    HELD = "held"
    NOTHING = "nothing to land"
    REFUSED = "refused"


@record
class ForeseenConflict:
    """One path that both sides changed."""

    path: str
    kind: str
    rung: Rung
    """What would solve it: of the resolver's rung, by asking; of the person's, by `wta resolve`."""


@record
class MergePreview:
    """What one task's landing would come to, after those before it."""

    task: TaskName
    target: BranchName
    foreseen: Foreseen
    commits: int
    conflicts: tuple[ForeseenConflict, ...]
    detail: str
    hint: str
    batch: int = 0
    """Those with the same number are verified together; 0: it waits for a task to land."""


@record
class MergePreviews:
    """All of them in the order in which they would land."""

    previews: tuple[MergePreview, ...]
    resolver: ResolverKind
    resolver_last: LastResolver
    """Who would be asked about what the resolver does not solve."""
    gates: tuple[str, ...]
    """Commands that would have to pass; empty: nothing would be verified."""
    trusted: bool
    """Whether the commands of the repository's file may run."""
    tripped: tuple[str, ...]
    """What was changed in the repository's configuration or hooks: it would stop every landing."""


def preview(context: Context, options: MergeRequestOptions) -> OperationResult[MergePreviews]:
    """Predict the landings. Raises what `merge` would raise for the choice of tasks."""
    with context.database.read() as db:
        tasks = chosen_tasks(db, options)
    for task in tasks:
        require_landable(context, task)
    hub = open_hub(context.paths, context.repository)
    squash = options.squash or context.settings.merge.squashes
    previews = _foresee(context, hub, tasks, squash=squash, approve=options.approve)
    merge = context.settings.merge
    return OperationResult(
        data=MergePreviews(
            previews=previews,
            resolver=merge.resolver,
            resolver_last=merge.resolver_last,
            gates=() if options.no_gate else merge.gate,
            trusted=observe_trust(context).trusted,
            tripped=tuple(observe_tripwire(context, *tasks)),
        )
    )


def _foresee(
    context: Context, hub: Hub, tasks: Sequence[Task], *, squash: bool, approve: bool
) -> tuple[MergePreview, ...]:
    """Predict the landings in their order, each on the tips that those before it would leave."""
    shared = observe_shared(context, tasks)
    numbers = _batches(context, hub, tasks)
    seen: list[MergePreview] = []
    with ExitStack() as open_desks:
        desks: dict[BranchName, _Desk] = {}
        for task in sorted(tasks, key=lambda each: numbers[each.id]):
            unsettled = refuse_unsettled(context, task, configuration=shared.configuration)
            ends = unsettled or observe_ends(task, task.target, shared)
            if isinstance(ends, Refusal):
                preview = _refused(task, Foreseen.REFUSED, ends)
            else:
                hub.fetch(context.repository, ends.tip, ends.onto)
                if task.target not in desks:
                    opened = open_desks.enter_context(open_merge_desk(hub, ends.onto))
                    desks[task.target] = _Desk(opened, ends.onto, approve=approve)
                preview = _preview(context, desks[task.target], task, ends, squash=squash)
            seen.append(replace(preview, batch=numbers[task.id][0]))
    return tuple(seen)


def _batches(context: Context, hub: Hub, tasks: Sequence[Task]) -> dict[int, tuple[int, int]]:
    """Return batch and place of each task, by its id."""
    with context.database.read() as db:
        asked = {
            task.id: request.created_at
            for task in tasks
            if (request := live_merge_request(db, task.id)) is not None
        }
    now = context.clock.now()
    wishes = [
        Wish(
            id=task.id,
            task=task,
            target=task.target,
            skip_gate=False,
            asked_at=asked.get(task.id, now),
        )
        for task in tasks
    ]
    line = observe_line(context, hub, wishes)
    numbers = {task.id: (0, 0) for task in tasks}
    for number, batch in enumerate(plan_batches(line.entries, line.clashes, line.limit), 1):
        for place, entry in enumerate(batch.entries, 1):
            numbers[entry.task_id] = number, place
    return numbers


class _Desk:
    """An open merge room, and the tip that the landings before would leave."""

    def __init__(self, desk: MergeDesk, tip: Oid, *, approve: bool) -> None:
        self.desk = desk
        self.tip = tip
        self.approve = approve


def _preview(
    context: Context, at: _Desk, task: Task, ends: Source, *, squash: bool
) -> MergePreview:
    source = replace(ends, onto=at.tip)
    result = first_replay(at.desk, task, source, squash=squash)
    if isinstance(result, ReplayConflict):
        return _conflict(context, at.desk.hub, task, result, source.onto)
    if result.candidate == source.onto:
        return _nothing(at.desk.hub, task, source)
    holds = find_holds(context, at.desk.hub, task, source, result.candidate)
    seen = foreseen_holds(context, task, source.tip, approve=at.approve)
    if not all(hold.is_among(seen) for hold in holds):
        return replace(
            _refused(task, Foreseen.HELD, held(task, holds, result.candidate)),
            commits=len(result.commits),
            hint="",
        )
    at.tip = result.candidate
    return MergePreview(
        task=task.name,
        target=task.target,
        foreseen=Foreseen.CLEAN,
        commits=len(result.commits),
        conflicts=(),
        detail="",
        hint="",
    )


def _conflict(
    context: Context, hub: Hub, task: Task, conflict: ReplayConflict, onto: Oid
) -> MergePreview:
    rungs = foreseen_rungs(context, hub, task, conflict, onto)
    left = [each for each in conflict.conflicts if rungs[each.path] is Rung.PERSON]
    refusal = refuse_conflict(task, task.target, left or conflict.conflicts)
    return replace(
        _refused(task, Foreseen.CONFLICT, refusal),
        commits=len(conflict.replayed) + 1 + len(conflict.remaining),
        conflicts=tuple(
            ForeseenConflict(path=each.path, kind=each.kind.value, rung=rungs[each.path])
            for each in conflict.conflicts
        ),
        hint=refusal.hint if left else "",
    )


def _nothing(hub: Hub, task: Task, source: Source) -> MergePreview:
    found = contained(hub, task, task.target, source)
    hint = found.hint if isinstance(found, Refusal) else ""
    return MergePreview(
        task=task.name,
        target=task.target,
        foreseen=Foreseen.NOTHING,
        commits=0,
        conflicts=(),
        detail=found.detail,
        hint=hint,
    )


def _refused(task: Task, foreseen: Foreseen, refusal: Refusal) -> MergePreview:
    return MergePreview(
        task=task.name,
        target=task.target,
        foreseen=foreseen,
        commits=0,
        conflicts=(),
        detail=refusal.line,
        hint=refusal.hint,
    )
