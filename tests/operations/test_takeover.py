from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.fleet import configure
from tests.support.processes import end_supervisors
from tests.support.terminal import play_claude, run_in_pty
from tests.support.waiting import wait_until
from wtagents.core.errors import StateError
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.steering.takeover import begin_takeover
from wtagents.operations.tick import tick
from wtagents.store.runs import runs_of
from wtagents.store.tasks import require_task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder
    from wtagents.core.run import Run

WTA = [sys.executable, "-P", "-m", "wtagents"]


@pytest.fixture
def context(sandbox: Sandbox, repository: RepositoryBuilder) -> Iterator[Context]:
    # The played program keeps its conversations where no agent behind walls may look.
    configure(sandbox)
    opened = Context(repository.path)
    yield opened
    opened.close()
    end_supervisors(sandbox.mark)


@pytest.fixture
def interactive(sandbox: Sandbox, tmp_path: Path) -> Path:
    record = play_claude(tmp_path / "bin")
    sandbox.set_variable("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return record


def begin(context: Context, scenario: str, kind: AgentKind = AgentKind.CLAUDE) -> None:
    prompt = f"play\nscenario:\n{scenario}"
    spawn(context, SpawnRequest(name="fix", prompt=prompt, agent=AgentSpec(kind=kind)))


def runs(context: Context) -> list[Run]:
    with context.database.read() as db:
        return runs_of(db, 1)


def state_after_tick(context: Context) -> TaskState:
    tick(context)
    with context.database.read() as db:
        return require_task(db, "fix").state


def test_a_person_goes_on_in_the_same_conversation_and_then_the_task_does(
    context: Context, repository: RepositoryBuilder, interactive: Path
) -> None:
    begin(context, 'write a.txt <<END\none\nEND\nwait 1\ncommit "one"')
    worktree = repository.path.parent / "project-worktrees" / "fix"

    status = run_in_pty([*WTA, "attach", "fix", "--takeover"], cwd=repository.path)

    assert status == 0
    session = runs(context)[0].session_id
    assert interactive.read_text() == f"{worktree} --resume {session} True\n"
    wait_until(lambda: state_after_tick(context) is TaskState.READY, what="the task is ready")
    told = [(run.number, run.session_id, run.resumes) for run in runs(context)]
    assert told == [(1, session, False), (2, session, True)]


def test_the_turn_is_not_cut_off_and_nothing_begins_meanwhile(
    context: Context, interactive: Path
) -> None:
    begin(context, 'write a.txt <<END\none\nEND\nwait 1\ncommit "one"')

    takeover = begin_takeover(context, "fix", seconds=30)

    assert (takeover.worktree / "a.txt").read_text() == "one\n"
    assert takeover.task.state is TaskState.STOPPED
    assert state_after_tick(context) is TaskState.STOPPED
    assert [run.state for run in runs(context)] == ["exited"]
    assert not interactive.exists()


def test_only_claude_can_be_taken_over(context: Context) -> None:
    begin(context, 'say "done"', AgentKind.SCRIPTED)

    with pytest.raises(StateError) as refused:
        begin_takeover(context, "fix", seconds=5)
    assert refused.value.message == "the agent of fix is scripted, only claude can be taken over"
    wait_until(lambda: state_after_tick(context) is TaskState.FAILED, what="the run has ended")
