"""Records of core with everything filled in, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from wtagents.core.ids import BranchName, Oid, RunId, TaskName
from wtagents.core.landing.merge import MergeRequest, MergeState
from wtagents.core.message import Message, MessageKind
from wtagents.core.record import replace
from wtagents.core.run import (
    Exit,
    ExitReason,
    Phase,
    ProcessIdentity,
    Pulse,
    Question,
    Run,
    RunState,
    Usage,
)
from wtagents.core.task import AgentSpec, Task, TaskState, Wish
from wtagents.core.tending.run_facts import RunFacts
from wtagents.core.tending.snapshot import Snapshot, TaskView
from wtagents.core.worktree import WorktreeFacts

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RUN_ID = RunId("00000000-0000-4000-8000-000000000001")
RUNNER = ProcessIdentity(boot_id="boot", pid=4711, start=99)

_TASK = Task(
    id=1,
    name=TaskName("fix-login"),
    state=TaskState.QUEUED,
    wish=Wish.WORK,
    reason=None,
    detail="",
    prompt="fix the login",
    base=Oid("1" * 40),
    target=BranchName("main"),
    branch=BranchName("wta/fix-login"),
    worktree=Path("/repo-worktrees/fix-login"),
    agent=AgentSpec(),
    merge_when_ready=False,
    attempts=0,
    fresh=False,
    commit_asked=False,
    not_before=None,
    created_at=NOW,
    changed_at=NOW,
    removed_at=None,
)
_RUN = Run(
    id=RUN_ID,
    task_id=1,
    number=1,
    state=RunState.RUNNING,
    session_id=RUN_ID,
    resumes=False,
    prompt="fix the login",
    runner=RUNNER,
    created_at=NOW,
    ended_at=None,
    stop_deadline=None,
    exit=None,
)
_EXIT = Exit(
    reason=ExitReason.COMPLETED,
    detail="",
    exit_code=0,
    denials=(),
    retry_at=None,
    usage=Usage(),
    survivors=0,
    at=NOW,
)
_PULSE = Pulse(
    phase=Phase.THINKING, doing="", question=None, usage=Usage(), session_id=RUN_ID, at=NOW
)
_FACTS = RunFacts(
    claim=RUNNER,
    told_to_stop=False,
    barred=False,
    runner_alive=True,
    agent_alive=True,
    heartbeat_age=0.5,
    activity_age=2.0,
    pulse=_PULSE,
    exit=None,
    posted=frozenset(),
    taken=(),
)
_WORKTREE = WorktreeFacts(
    head=Oid("2" * 40),
    branch=BranchName("wta/fix-login"),
    commits=1,
    files_changed=1,
    insertions=3,
    deletions=0,
    uncommitted=0,
    operation="",
    signature="1:1/1:1",
    at=NOW,
)
_MERGE = MergeRequest(
    id=1,
    task_id=1,
    state=MergeState.WAITING,
    target=BranchName("main"),
    squash=False,
    skip_gate=False,
    source=None,
    onto=None,
    candidate=None,
    rejection=None,
    detail="",
    hint="",
    attempts=0,
    resolutions=(),
    gates=(),
    holds=(),
    approves=None,
    created_at=NOW,
    changed_at=NOW,
)
_MESSAGE = Message(
    id=1,
    task_id=1,
    kind=MessageKind.TEXT,
    body="also the logout",
    created_at=NOW,
    run_id=None,
    delivered_at=None,
    failed="",
)


def a_task(**changes: Any) -> Task:
    return replace(_TASK, **changes)


def a_run(**changes: Any) -> Run:
    return replace(_RUN, **changes)


def an_exit(reason: ExitReason = ExitReason.COMPLETED, **changes: Any) -> Exit:
    return replace(_EXIT, reason=reason, **changes)


def an_ended_run(reason: ExitReason = ExitReason.COMPLETED, **changes: Any) -> Run:
    end = an_exit(reason, **changes)
    state = RunState.LOST if reason is ExitReason.LOST else RunState.EXITED
    return replace(_RUN, state=state, exit=end, ended_at=NOW)


def a_pulse(**changes: Any) -> Pulse:
    return replace(_PULSE, **changes)


def a_question() -> Question:
    return Question(request_id="q1", tool="Bash", summary="git push", asked_at=NOW)


def facts(**changes: Any) -> RunFacts:
    return replace(_FACTS, **changes)


def worktree_facts(**changes: Any) -> WorktreeFacts:
    return replace(_WORKTREE, **changes)


def a_merge(**changes: Any) -> MergeRequest:
    return replace(_MERGE, **changes)


def a_message(**changes: Any) -> Message:
    return replace(_MESSAGE, **changes)


def view(
    task: Task | None = None,
    *,
    run: Run | None = None,
    run_facts: RunFacts | None = None,
    worktree: WorktreeFacts | None = None,
    messages: tuple[Message, ...] = (),
    merge: MergeRequest | None = None,
    account: str = "",
) -> TaskView:
    return TaskView(
        task=task or _TASK,
        run=run,
        run_facts=run_facts,
        worktree=worktree,
        messages=messages,
        merge=merge,
        account=account,
    )


def snapshot(*views: TaskView, live_runs: int | None = None) -> Snapshot:
    live = sum(item.live_run is not None for item in views)
    return Snapshot(views=views, live_runs=live if live_runs is None else live_runs, at=NOW)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
