"""One task as a person sees it: its row, the files and processes of its live run, its worktree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import replace
from wtagents.core.run import Usage
from wtagents.core.tending.attention import attention
from wtagents.core.tending.liveness import Verdict, judge
from wtagents.operations.observe_run import observe_run
from wtagents.operations.telling.status import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.core.run import Run
    from wtagents.core.tending.run_facts import RunFacts
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.operations.telling.rows import TaskRow


def describe(
    context: Context, row: TaskRow, worktree: WorktreeFacts | None, in_list: SandboxMode | None
) -> TaskStatus:
    """Say how a task is; `in_list` is the sandbox of whoever lives, if a list tells of it."""
    run = row.standing.run
    seen = observe_run(context, run.id) if run is not None and row.is_live else None
    return describe_as_seen(context, row, seen, worktree, in_list, context.clock.now())


def describe_as_seen(
    context: Context,
    row: TaskRow,
    seen: RunFacts | None,
    worktree: WorktreeFacts | None,
    in_list: SandboxMode | None,
    now: datetime,
) -> TaskStatus:
    """Say how a task is by what was seen of its live run, None where none lives."""
    stands = row.standing
    pulse = seen.pulse if seen else None
    verdict = (
        judge(seen, context.settings.limits.thresholds, now) if seen and not seen.exit else None
    )
    return TaskStatus(
        task=stands.task,
        run=stands.run,
        liveness=verdict.liveness if verdict else None,
        reasons=verdict.reasons if verdict else (),
        confidence=verdict.confidence if verdict else None,
        activity_age=verdict.age if verdict else None,
        pulse=pulse if verdict else None,
        usage=stands.used.plus(pulse.usage if pulse else Usage()),
        worktree=worktree,
        attention=attention(
            stands.task,
            verdict,
            pulse if verdict else None,
            stands.merge,
            end=stands.run.exit.reason if stands.run and stands.run.exit else None,
            red=row.red,
            wait=row.wait.words(now) if row.wait is not None and row.wait.final else "",
        ),
        merge=stands.merge,
        waiting_messages=row.messages,
        wait=row.wait,
        behind=row.behind,
        suspected_since=_suspected_since(row, verdict),
        clashes=row.clashes,
        sandbox=in_list if row.is_live else None,
    )


def describe_more(context: Context, item: TaskStatus) -> TaskStatus:
    """Add what is asked only about tasks that are named."""
    from wtagents.operations.starting.resources import observe_resources

    return replace(
        item,
        sandbox=sandbox_of(context, item.run),
        resources=observe_resources(context, item.task),
    )


def sandbox_of_all(context: Context, rows: Iterable[TaskRow]) -> SandboxMode | None:
    """Return `none` when live agents have no sandbox because none works here."""
    if not any(row.is_live for row in rows):
        return None
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.operations.confining.choose import is_open

    return SandboxMode.NONE if is_open(context) else None


def sandbox_of(context: Context, run: Run | None) -> SandboxMode | None:
    """Return what the latest run was started in."""
    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.system.run_folder import load_order

    order = None if run is None else load_order(context.paths.run(run.id))
    if order is None:
        return None
    return SandboxMode.NONE if order.confinement is None else order.confinement.mode


def _suspected_since(row: TaskRow, verdict: Verdict | None) -> datetime | None:
    """Return since when the run is called what it is now."""
    known = row.suspicion
    same = known is not None and verdict is not None and known.liveness is verdict.liveness
    return known.since if known is not None and same else None
