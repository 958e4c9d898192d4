"""Tasks as `wta status` describes them, in every state a person can meet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.support.records import NOW, a_merge, a_pulse, a_question, a_run, a_task, worktree_facts
from wtagents.core.ids import TaskName
from wtagents.core.landing.merge import MergeState, Rejection
from wtagents.core.record import replace
from wtagents.core.run import Phase, Usage
from wtagents.core.task import Reason, TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.operations.telling.status import TaskStatus

if TYPE_CHECKING:
    from wtagents.core.task import Task

USAGE = Usage(
    cost_usd=0.42,
    input_tokens=45_200,
    output_tokens=1_300,
    turns=3,
    context_tokens=46_000,
    context_window=200_000,
)


def named(name: str, number: int, **changes: Any) -> Task:
    return a_task(id=number, name=TaskName(name), changed_at=NOW, **changes)


def an_item(task: Task, **changes: Any) -> TaskStatus:
    item = TaskStatus(
        task=task,
        run=None,
        liveness=None,
        reasons=(),
        confidence=None,
        activity_age=None,
        pulse=None,
        usage=Usage(),
        worktree=None,
        attention="",
        merge=None,
        waiting_messages=0,
    )
    return replace(item, **changes)


def at_work(name: str, number: int, doing: str, **changes: Any) -> TaskStatus:
    return an_item(
        named(name, number, state=TaskState.ACTIVE),
        **{
            "run": a_run(task_id=number),
            "liveness": Liveness.WORKING,
            "activity_age": 12.0,
            "pulse": a_pulse(phase=Phase.TOOL, doing=doing),
            "usage": USAGE,
            "worktree": worktree_facts(commits=2, insertions=1234, deletions=3),
            **changes,
        },
    )


FLEET = (
    an_item(named("merged-one", 1, state=TaskState.MERGED)),
    at_work("fix-login", 2, "Edit src/login/a_rather_long_file_name_for_this.py"),
    an_item(
        named(
            "docs",
            3,
            state=TaskState.FAILED,
            reason=Reason.NO_COMMITS,
            detail="the agent ended without a commit",
        ),
        attention="no commits: the agent ended without a commit",
    ),
    at_work(
        "api",
        4,
        "",
        attention="asks to use Bash: git push",
        pulse=a_pulse(phase=Phase.ASKING, question=a_question()),
    ),
    an_item(named("search", 5, state=TaskState.READY), worktree=worktree_facts(uncommitted=3)),
    an_item(
        named("colours", 6, state=TaskState.READY),
        attention="merge rejected: 2 conflicts",
        merge=a_merge(
            state=MergeState.REJECTED,
            rejection=Rejection.CONFLICT,
            detail="2 conflicts",
            hint="wta send colours 'rebase'",
        ),
    ),
    an_item(
        named(
            "later",
            7,
            reason=Reason.RATE_LIMITED,
            not_before=NOW + timedelta(minutes=31),
        )
    ),
    an_item(named("queued", 8)),
    an_item(named("halted", 9, state=TaskState.STOPPED)),
    an_item(named("landing", 10, state=TaskState.MERGING), merge=a_merge(state=MergeState.GATING)),
)
