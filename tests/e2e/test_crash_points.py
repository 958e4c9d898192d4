"""Killed at one exact point: the next tick finds what is there and goes on from it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.fleet import Fleet, scenario, work
from tests.support.processes import kill_hard, survivors
from tests.support.waiting import wait_until
from tests.support.wta import start_wta
from wtagents.core.ids import BranchName, Oid, RunId, TaskName
from wtagents.core.run import ExitReason, Phase, RunState
from wtagents.core.task import AgentKind, AgentSpec, Reason, Task, TaskState, Wish
from wtagents.operations.starting.worktree import claim_worktree, worktree_path
from wtagents.operations.trust import trust
from wtagents.store.runs import add_run
from wtagents.store.tasks import add_task, move_task, wish_task
from wtagents.system import run_folder
from wtagents.system.process import signal_processes

pytestmark = pytest.mark.e2e


def written_down(fleet: Fleet) -> Task:
    """A task as a `wta spawn` leaves it that dies after its first word."""
    context = fleet.context
    with context.database.write() as db:
        return add_task(
            db,
            name=TaskName("a"),
            prompt=scenario(*work()),
            base=Oid(fleet.repository.tip("main")),
            target=BranchName("main"),
            branch=BranchName("wta/a"),
            worktree=worktree_path(context, "a"),
            agent=AgentSpec(kind=AgentKind.SCRIPTED),
            merge_when_ready=False,
            at=context.clock.now(),
        )


def with_branch(fleet: Fleet) -> Task:
    task = written_down(fleet)
    fleet.repository.branch("wta/a", "main")
    return task


def with_empty_worktree(fleet: Fleet) -> Task:
    task = written_down(fleet)
    claim_worktree(fleet.context, task)
    return task


def with_run(fleet: Fleet) -> Task:
    task = with_empty_worktree(fleet)
    before = fleet.context.clock.now() - timedelta(seconds=10)
    with fleet.context.database.write() as db:
        move_task(db, task.id, TaskState.PREPARING, at=before)
        run_id = RunId(fleet.context.ids.uuid())
        add_run(
            db,
            run_id=run_id,
            task_id=task.id,
            session_id=run_id,
            resumes=False,
            prompt=task.prompt,
            at=before,
            capacity=1,
        )
        move_task(db, task.id, TaskState.ACTIVE, at=before)
    return task


def with_barred_run(fleet: Fleet) -> Task:
    task = with_run(fleet)
    run_folder.forbid_claim(fleet.folder("a"))
    return task


@pytest.mark.parametrize(
    "prepare", [written_down, with_branch, with_empty_worktree, with_run, with_barred_run]
)
def test_a_spawn_that_died_is_finished(fleet: Fleet, prepare: Callable[[Fleet], Task]) -> None:
    prepare(fleet)

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.repository.graph("main", "wta/a") == "* Add work.txt\n* Begin"
    lost = [ExitReason.LOST] if prepare is with_barred_run else []
    assert fleet.endings("a") == [*lost, ExitReason.COMPLETED]


def test_an_end_that_nobody_saw_is_noted_later(fleet: Fleet) -> None:
    fleet.spawn("a", *work())
    fleet.context.close()
    wait_until(lambda: run_folder.load_exit(fleet.folder("a")))
    fleet.await_gone("a")
    assert fleet.run("a").state in (RunState.STARTING, RunState.RUNNING)

    fleet.tick()

    assert fleet.task("a").state is TaskState.READY
    assert fleet.endings("a") == [ExitReason.COMPLETED]


@pytest.mark.parametrize("victim", ["runner", "agent", "both"])
@pytest.mark.parametrize(
    ("step", "phase"), [("wait 60", Phase.TOOL), ('ask Bash "git push"', Phase.ASKING)]
)
def test_whoever_is_killed_in_a_turn_the_task_goes_on_behind_it(
    fleet: Fleet, victim: str, step: str, phase: Phase
) -> None:
    # Without its runner nobody answers an agent and it goes on: not far before a tick stops it.
    fleet.spawn("a", *work("one.txt"), "leave-child 600", step, "wait 1", *work("two.txt"))
    fleet.await_phase("a", phase)
    runner, agent = fleet.runner("a"), fleet.agent("a")
    for each in {"runner": [runner], "agent": [agent], "both": [runner, agent]}[victim]:
        kill_hard(each.pid)

    assert fleet.await_rest("a").state is TaskState.READY

    first, second = fleet.runs("a")
    assert (second.session_id, second.resumes) == (first.session_id, True)
    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    assert fleet.repository.subjects("main..wta/a") == ["Add two.txt", "Add one.txt"]
    fleet.await_gone("a")


@pytest.mark.parametrize("victims", ["the command", "git", "both"])
def test_a_checkout_that_was_killed_is_done_again(fleet: Fleet, victims: str) -> None:
    begun, go = fleet.repository.path / "begun", fleet.repository.path / "go"
    smudge = f"touch {begun}; until test -e {go}; do sleep 0.05; done; cat"
    fleet.repository.commit({".gitattributes": "*.slow filter=slow\n", "a.slow": "a\n"})
    fleet.repository.git("config", "filter.slow.smudge", smudge)
    spawning = start_wta(fleet.repository.path, "spawn", "a", scenario(*work()))
    wait_until(begun.exists)
    wait_until(lambda: "wtagents.runner" in str(survivors(fleet.sandbox.mark)))
    wait_until(lambda: run_folder.load_claim(fleet.folder("a")))
    git = [each.pid for each in survivors(fleet.sandbox.mark) if "read-tree" in each.argv]
    assert len(git) == 1

    killed = {"the command": [spawning.pid], "git": git, "both": [spawning.pid, *git]}[victims]
    for pid in killed:
        kill_hard(pid)
    go.touch()
    spawning.wait(30)

    assert fleet.await_rest("a").state is TaskState.READY
    assert fleet.endings("a")[-1] is ExitReason.COMPLETED
    assert fleet.worktree("a").tree("wta/a").keys() >= {"a.slow", "work.txt"}


def test_a_machine_that_shuts_down_ends_runs_but_no_task(fleet: Fleet) -> None:
    fleet.spawn("a", *work("one.txt"), "wait 60")
    fleet.await_doing("a", "sleep 60")
    signal_processes([fleet.runner("a")], signal.SIGTERM)

    task = fleet.await_state("a", TaskState.QUEUED, TaskState.STOPPED)

    assert (task.state, task.reason) == (TaskState.QUEUED, Reason.LOST)
    assert task.detail == "ended from outside, not by wta"
    assert fleet.await_rest("a").state is TaskState.READY


def test_a_set_up_that_was_killed_runs_again_before_the_agent(fleet: Fleet) -> None:
    count = "echo x >> ../setups; test $(wc -l < ../setups) -gt 1 || exec sleep 60"
    fleet.repository.commit({"wta.toml": f'[worktree]\nsetup = ["{count}"]\n'})
    trust(fleet.context)
    fleet.spawn("a", *work())
    fleet.await_status("a", lambda item: item.pulse and "sleep 60" in item.pulse.doing)
    wait_until((fleet.task("a").worktree.parent / "setups").exists)
    kill_hard(fleet.runner("a").pid)

    assert fleet.await_rest("a").state is TaskState.READY

    assert (fleet.task("a").worktree.parent / "setups").read_text() == "x\nx\n"
    assert fleet.endings("a") == [ExitReason.LOST, ExitReason.COMPLETED]
    fleet.await_gone("a")


def test_a_runner_killed_while_it_stops_its_agent_leaves_nobody(fleet: Fleet) -> None:
    fleet.configure(limits={"stop_seconds": 30.0})
    fleet.spawn("a", "ignore-term", "leave-child 600", "run touch deaf", "hang")
    fleet.await_doing("a", "touch deaf")
    task, now = fleet.task("a"), fleet.context.clock.now()
    with fleet.context.database.write() as db:
        wish_task(db, task.id, Wish.STOP, now)
    fleet.await_phase("a", Phase.ENDING)
    kill_hard(fleet.runner("a").pid)

    task = fleet.await_rest("a")

    assert (task.state, task.reason) == (TaskState.STOPPED, Reason.STOPPED_BY_PERSON)
    fleet.await_gone("a")


def test_a_lock_of_a_git_that_was_killed_does_not_stop_the_next_run(fleet: Fleet) -> None:
    lock = '"$(git rev-parse --git-path index.lock)"'
    fleet.spawn("a", f"run : > {lock}", "crash", *work())

    assert fleet.await_rest("a").state is TaskState.READY

    assert fleet.repository.subjects("main..wta/a") == ["Add work.txt"]
    admin = fleet.repository.path / ".git/worktrees/a"
    assert {path.name for path in admin.glob("*lock*")} == {"locked", "index.lock.wta-stale"}
