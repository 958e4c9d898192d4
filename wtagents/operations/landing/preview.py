"""What `wta merge` would do: the replays are made in the hub, one on top of the other.

Nothing of the repository, its refs or the tasks changes, nobody is asked and nothing is run.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.merge import ResolverKind
from wtagents.core.record import record, replace
from wtagents.git.hub import open_hub
from wtagents.git.rebase import ReplayConflict
from wtagents.operations.landing.candidate import contained, first_replay
from wtagents.operations.landing.holds import find_holds, held
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.resolve import refuse_conflict
from wtagents.operations.landing.source import Source, observe_ends, refuse_unsettled
from wtagents.operations.merge import chosen_tasks, require_landable
from wtagents.operations.result import OperationResult
from wtagents.operations.tripwire import observe_tripwire
from wtagents.operations.trust import observe_trust

if TYPE_CHECKING:
    from wtagents.core.ids import BranchName, Oid, TaskName
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.operations.context import Context
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
    resolver: bool
    """Whether the resolver would be asked; else a person."""


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


@record
class MergePreviews:
    """All of them in the order in which they would land."""

    previews: tuple[MergePreview, ...]
    resolver: ResolverKind
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
    tips: dict[BranchName, Oid] = {}
    squash = options.squash or context.settings.merge.squashes
    previews = tuple(_preview(context, hub, task, tips, squash=squash) for task in tasks)
    merge = context.settings.merge
    return OperationResult(
        data=MergePreviews(
            previews=previews,
            resolver=merge.resolver,
            gates=() if options.no_gate else merge.gate,
            trusted=observe_trust(context).trusted,
            tripped=tuple(observe_tripwire(context, *tasks)),
        )
    )


def _preview(
    context: Context, hub: Hub, task: Task, tips: dict[BranchName, Oid], *, squash: bool
) -> MergePreview:
    """Predict one landing on the tips that the landings before it would leave."""
    ends = refuse_unsettled(context, task) or observe_ends(context, task, task.target)
    if isinstance(ends, Refusal):
        return _refused(task, Foreseen.REFUSED, ends)
    source = replace(ends, onto=tips.setdefault(task.target, ends.onto))
    hub.fetch(context.repository, source.tip, ends.onto)
    result = first_replay(hub, task, source, squash=squash)
    if isinstance(result, ReplayConflict):
        return _conflict(context, task, result)
    if result.candidate == source.onto:
        return _nothing(hub, task, source)
    tips[task.target] = result.candidate
    holds = find_holds(context, hub, task, source, result.candidate)
    if holds:
        return replace(
            _refused(task, Foreseen.HELD, held(task, holds, result.candidate)),
            commits=len(result.commits),
            hint="",
        )
    return MergePreview(
        task=task.name,
        target=task.target,
        foreseen=Foreseen.CLEAN,
        commits=len(result.commits),
        conflicts=(),
        detail="",
        hint="",
    )


def _conflict(context: Context, task: Task, conflict: ReplayConflict) -> MergePreview:
    asked = context.settings.merge.resolver is not ResolverKind.NONE and all(
        each.is_resolvable for each in conflict.conflicts
    )
    refusal = refuse_conflict(task, task.target, conflict.conflicts)
    return replace(
        _refused(task, Foreseen.CONFLICT, refusal),
        commits=len(conflict.replayed) + 1 + len(conflict.remaining),
        conflicts=tuple(
            ForeseenConflict(path=each.path, kind=each.kind.value, resolver=asked)
            for each in conflict.conflicts
        ),
        hint="" if asked else refusal.hint,
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
