"""What lands on what: the branch's tip and the target's, once nothing refuses.

Nothing here changes anything, and nothing but the branch's committed state lands: a worktree that
holds more than its branch is refused.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wtagents.core.errors import ConfigError
from wtagents.core.landing.merge import Rejection
from wtagents.core.record import record
from wtagents.git.looking.room import configuration_of, settings
from wtagents.git.looking.worktree_looks import worktree_state
from wtagents.git.merging.revert import person_in
from wtagents.git.refs import tips_of
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.tripwire import ACCEPT, lay_tripwire, observe_tripwire
from wtagents.operations.trust import require_trusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wtagents.core.ids import BranchName, Oid
    from wtagents.core.task import Task
    from wtagents.git.looking.worktree_looks import WorktreeState
    from wtagents.operations.context import Context


@record
class Source:
    """One attempt's two ends."""

    tip: Oid
    """S0, the tip of the task's branch."""
    onto: Oid
    """T0, the tip of the target."""
    committer: str
    """`name <email>` of the person whose repository it is."""
    trailers: tuple[str, ...] = ()
    """What each landed commit says beside its task."""
    configuration: str = ""
    """That of the rooms in which checkouts are looked at; '' where it was not asked for."""


@record
class Shared:
    """What is the same for all that land together."""

    tips: Mapping[BranchName, Oid]
    """Of the branches that land, and of their targets."""
    committer: str
    """`name <email>`, or ''."""
    configuration: str
    """That of the rooms in which worktrees are looked at."""
    distrusted: Refusal | None
    touched: Mapping[int, Refusal]
    """Tasks, by id, that the tripwire stops."""


def observe_shared(
    context: Context, tasks: Sequence[Task], targets: Iterable[BranchName] = ()
) -> Shared:
    """Look at what all these have in common; `targets` where they are not those of the tasks.

    Raises SystemFault when git cannot answer.
    """
    branches = dict.fromkeys(
        (*targets, *(name for task in tasks for name in (task.target, task.branch)))
    )
    known = settings(context.repository)
    return Shared(
        tips=tips_of(context.repository, branches),
        committer=person_in(known),
        configuration=configuration_of(known),
        distrusted=refuse_distrusted(context),
        touched=refuse_all_touched(context, tasks),
    )


def observe_source(
    context: Context, task: Task, target: BranchName, shared: Shared
) -> Source | Refusal:
    """Look at both ends; needs no store. Raises SystemFault when git cannot answer."""
    return (
        shared.distrusted
        or shared.touched.get(task.id)
        or refuse_unsettled(context, task, configuration=shared.configuration)
        or observe_ends(task, target, shared)
    )


def refuse_distrusted(context: Context) -> Refusal | None:
    """Refuse while nobody has trusted the commands that the repository's file wants to run."""
    try:
        require_trusted(context)
    except ConfigError as error:
        return Refusal(rejection=Rejection.NOT_TRUSTED, detail=error.message, hint=error.hint)
    return None


def refuse_all_touched(context: Context, tasks: Sequence[Task]) -> dict[int, Refusal]:
    """Return for each task, by id, why the tripwire stops it; asked once where it stops none."""
    lay_tripwire(context)
    if not observe_tripwire(context, *tasks):
        return {}
    found = {task.id: refuse_touched(context, task) for task in tasks}
    return {task_id: refusal for task_id, refusal in found.items() if refusal is not None}


def refuse_touched(context: Context, task: Task) -> Refusal | None:
    """Refuse when configuration or hooks are not those that were accepted."""
    lay_tripwire(context)
    changed = observe_tripwire(context, task)
    if not changed:
        return None
    detail = f"the repository's configuration or hooks have changed: {'; '.join(changed)}"
    return Refusal(rejection=Rejection.TRIPWIRE, detail=detail, hint=ACCEPT)


def refuse_unsettled(context: Context, task: Task, *, configuration: str = "") -> Refusal | None:
    """Refuse a worktree that holds more than its branch does."""
    if not task.worktree.is_dir():
        return None
    state = worktree_state(context.repository, task.worktree, configuration=configuration)
    if state is None:
        return Refusal(
            rejection=Rejection.SOURCE_MOVED,
            detail=f"{task.worktree} is no whole worktree any more",
            hint=f"wta status {task.name} says why; wta doctor looks for the reason",
        )
    return _unsettled(task, state)


def _unsettled(task: Task, facts: WorktreeState) -> Refusal | None:
    place = shlex.quote(str(task.worktree))
    if facts.operation:
        return Refusal(
            rejection=Rejection.UNCOMMITTED,
            detail=f"the worktree is in the middle of a {facts.operation}",
            hint=f"finish it or: git -C {place} {facts.operation} --abort",
        )
    if facts.branch != task.branch:
        where = f"on {facts.branch}" if facts.branch else f"detached at {facts.head.short}"
        return Refusal(
            rejection=Rejection.SOURCE_MOVED,
            detail=f"the worktree is {where}, not on {task.branch}",
            hint=f"git -C {place} checkout {task.branch}",
        )
    if facts.uncommitted:
        files = "1 file" if facts.uncommitted == 1 else f"{facts.uncommitted} files"
        return Refusal(
            rejection=Rejection.UNCOMMITTED,
            detail=f"the worktree holds {files} that no commit has",
            hint=f'see them: git -C {place} status; then: wta send {task.name} "commit your work"',
        )
    return None


def observe_ends(task: Task, target: BranchName, shared: Shared) -> Source | Refusal:
    """Find the tips of branch and target, and who commits."""
    tip, onto = shared.tips.get(task.branch), shared.tips.get(target)
    if tip is None:
        return Refusal(
            rejection=Rejection.SOURCE_MOVED,
            detail=f"the branch {task.branch} is gone",
            hint=f"its commits: git reflog; give the task up: wta cancel {task.name}",
        )
    if onto is None:
        return Refusal(
            rejection=Rejection.TARGET_MOVING,
            detail=f"the target {target} is gone",
            hint=f"make it again: git branch {target} {task.base.short}",
        )
    if not shared.committer:
        return Refusal(
            rejection=Rejection.NO_IDENTITY,
            detail="git does not know who commits here",
            hint='git config --global user.name "…" and git config --global user.email "…"',
        )
    return Source(
        tip=tip, onto=onto, committer=shared.committer, configuration=shared.configuration
    )
