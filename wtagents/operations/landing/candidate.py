"""The candidate: the task's commits on a tip, made in the hub, conflicts resolved.

Nothing outside the hub changes, and the same ends give the same candidate, so an attempt that was
cut off is simply made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.record import record, replace
from wtagents.git.merging.predict import merge_histories
from wtagents.git.merging.rebase import ReplayConflict, replay_at, resume_replay
from wtagents.git.merging.stamp import Stamp
from wtagents.operations.landing.approval import approval
from wtagents.operations.landing.climbing.refusals import refuse_conflict
from wtagents.operations.landing.dropped import refuse_dropped
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.resolve import resolve_conflict
from wtagents.operations.landing.trailers import landing_trailers, resolved_trailers, task_trailer

if TYPE_CHECKING:
    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.landing.merge import MergeRequest, Resolution
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.predict import MergeDesk
    from wtagents.git.merging.rebase import Replayed
    from wtagents.operations.landing.climbing.climb import Attempt
    from wtagents.operations.landing.landing import Landing
    from wtagents.operations.landing.source import Source

CONFLICT_LIMIT = 12
"""Commits of one branch whose conflicts are given to a resolver; each one costs a request."""


@record
class Built:
    """What the target may become."""

    landing: Landing
    commit: Oid
    commits: int
    resolutions: tuple[Resolution, ...]


@record
class Contained:
    """The tip has all of it already, by content."""

    detail: str


@record
class Conflicted:
    """It conflicts with the tip; nobody was asked yet."""

    conflict: ReplayConflict


@record
class Overtaken:
    """Somebody else moved the request meanwhile."""


def build_candidate(
    landing: Landing, desk: MergeDesk, source: Source
) -> Built | Contained | Conflicted | Refusal:
    """Replay the branch onto the source's tip.

    What a person has approved on these very ends lands as it was seen.
    """
    approved = approval(landing.context, landing.request)
    ends = (source.tip, source.onto)
    if approved and approved.candidate and (approved.source, approved.onto) == ends:
        return _as_seen(landing, desk.hub, approved.candidate, approved)
    source = replace(source, trailers=landing_trailers(landing))
    result = first_replay(desk, landing.task, source, squash=landing.request.squash)
    if isinstance(result, ReplayConflict):
        return Conflicted(conflict=result)
    return _built(landing, desk.hub, source, result, ())


def resolve_candidate(
    landing: Landing, hub: Hub, source: Source, conflict: ReplayConflict, attempt: Attempt
) -> Built | Contained | Refusal | Overtaken:
    """Have the conflicts of a replay resolved, one commit after the other."""
    task, target = landing.task, landing.request.target
    result: Replayed | ReplayConflict = conflict
    resolutions: list[Resolution] = []
    rounds = 0
    while isinstance(result, ReplayConflict):
        rounds += 1
        if rounds > CONFLICT_LIMIT:
            return refuse_conflict(task, target, result.conflicts)
        resolving = landing.move(MergeState.RESOLVING)
        if resolving is None:
            return Overtaken()
        resolved = resolve_conflict(resolving, hub, result, source.onto, attempt)
        if isinstance(resolved, Refusal):
            return resolved
        resolutions += resolved.resolutions
        replaying = resolving.move(MergeState.REPLAYING, resolutions=tuple(resolutions))
        if replaying is None:
            return Overtaken()
        landing = replaying
        said = resolved_trailers(resolved.resolutions)
        result = resume_replay(hub, result, resolved.tree, trailers=said)
    return _built(landing, hub, source, result, tuple(resolutions))


def _built(
    landing: Landing,
    hub: Hub,
    source: Source,
    result: Replayed,
    resolutions: tuple[Resolution, ...],
) -> Built | Contained | Refusal:
    if result.candidate == source.onto:
        lost = refuse_dropped(landing.context, hub, landing.task, source)
        return lost or contained(hub, landing.task, landing.request.target, source)
    return Built(
        landing=landing,
        commit=result.candidate,
        commits=len(result.commits),
        resolutions=resolutions,
    )


def _as_seen(landing: Landing, hub: Hub, candidate: Oid, approved: MergeRequest) -> Built:
    commits = hub.repo.read("rev-list", "--count", f"{approved.onto}..{candidate}").text
    return Built(
        landing=landing,
        commit=candidate,
        commits=int(commits),
        resolutions=approved.resolutions,
    )


def first_replay(
    desk: MergeDesk, task: Task, source: Source, *, squash: bool
) -> Replayed | ReplayConflict:
    """Replay commit by commit; as one commit where that is asked for, or the only clean way.

    A commit in the middle may conflict although the branch as a whole does not.
    """
    result = _replay(desk, task, source, squash=squash)
    if squash or not isinstance(result, ReplayConflict) or result.message is not None:
        return result
    whole = merge_histories(desk.room, desk.library, source.onto, source.tip)
    return _replay(desk, task, source, squash=True) if whole.is_clean else result


def _replay(
    desk: MergeDesk, task: Task, source: Source, *, squash: bool
) -> Replayed | ReplayConflict:
    trailers = (task_trailer(task), *source.trailers)
    stamp = Stamp(committer=source.committer, trailers=trailers)
    return replay_at(
        desk,
        base=task.base,
        tip=source.tip,
        onto=source.onto,
        squash_message="" if squash else None,
        stamp=stamp,
    )


def contained(hub: Hub, task: Task, target: BranchName, source: Source) -> Contained | Refusal:
    """Tell a branch whose whole content the target has from one that holds nothing."""
    own = int(hub.repo.read("rev-list", "--count", source.tip, f"^{task.base}").text)
    if own == 0:
        return _nothing(task, f"{task.branch} has no commit of its own")
    shared = hub.repo.read("merge-base", source.tip, source.onto, ok=(0, 1)).text or task.base
    changed = hub.repo.read("diff-tree", "--quiet", shared, source.tip, ok=(0, 1)).status
    if shared != source.tip and not changed:
        return _nothing(task, f"the commits of {task.branch} change nothing")
    return Contained(detail=f"{target} has all of it already")


def _nothing(task: Task, detail: str) -> Refusal:
    return Refusal(
        rejection=Rejection.NOTHING_TO_LAND,
        detail=detail,
        hint=f'wta send {task.name} "…", or give it up: wta cancel {task.name}',
    )
