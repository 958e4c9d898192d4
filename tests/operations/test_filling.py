"""A worktree's files are checked out beside everything else; whoever dies, the agent finds all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet
from tests.support.processes import run_to_end, start_apart, survivors
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.core.errors import SystemFault
from wtagents.core.run import ExitReason, ProcessIdentity
from wtagents.core.task import TaskState
from wtagents.store.runs import latest_run
from wtagents.store.tasks import task_by_name
from wtagents.system.run_folder import load_agent, load_claim

LISTED = ("sh", "-c", "ls >listed.txt; git add --all; git commit -qm Listed")
WTA = (sys.executable, "-m", "wtagents")
SPAWN = (*WTA, "spawn", "slow", "x", "--agent", "command", "--", *LISTED)


@pytest.fixture
def fleet(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Fleet]:
    made = Fleet(repository=repository, sandbox=sandbox)
    made.configure()
    sandbox.enter(repository.path)
    yield made
    made.end()


@pytest.fixture
def gate(repository: RepositoryBuilder, tmp_path: Path) -> Path:
    """Return a file without which git waits in the middle of every checkout."""
    gate = tmp_path / "gate"
    wait = f"sh -c 'until test -e {gate}; do sleep 0.02; done; cat'"
    repository.git("config", "filter.gated.smudge", wait)
    repository.git("config", "filter.gated.clean", "cat")
    repository.git("config", "filter.gated.required", "true")
    repository.commit({".gitattributes": "*.slow filter=gated\n", "a.slow": "a\n", "z": "z\n"})
    return gate


def runner_of(fleet: Fleet, name: str) -> ProcessIdentity | None:
    with fleet.context.database.read() as db:
        task = task_by_name(db, name)
        run = latest_run(db, task.id) if task else None
    return load_claim(fleet.context.paths.run(run.id)) if run else None


def test_the_runner_is_there_before_the_files_and_waits_for_them(fleet: Fleet, gate: Path) -> None:
    spawning = start_apart(SPAWN)
    wait_until(lambda: runner_of(fleet, "slow"), what="a runner")
    assert load_agent(fleet.folder("slow")) is None
    assert not (fleet.task("slow").worktree / "listed.txt").exists()
    gate.touch()
    said, _ = spawning.communicate()
    assert (spawning.returncode, said.split()[:2]) == (0, [b"slow", b"begins"])
    task = fleet.await_state("slow", TaskState.READY)
    listed = (task.worktree / "listed.txt").read_text().split()
    assert {"README.md", "a.slow", "z", "CLAUDE.local.md"} <= set(listed)


def test_killed_in_the_checkout_the_agent_still_finds_all_files(fleet: Fleet, gate: Path) -> None:
    spawning = start_apart(SPAWN)
    wait_until(lambda: runner_of(fleet, "slow"), what="a runner")
    spawning.kill()
    spawning.communicate()
    fleet.tick()
    assert load_agent(fleet.folder("slow")) is None
    gate.touch()
    task = fleet.await_state("slow", TaskState.READY)
    listed = (task.worktree / "listed.txt").read_text().split()
    assert {"README.md", "a.slow", "z", "CLAUDE.local.md"} <= set(listed)
    assert fleet.endings("slow") == [ExitReason.COMPLETED]


def test_a_checkout_that_fails_leaves_nothing_and_can_be_tried_again(
    fleet: Fleet, repository: RepositoryBuilder
) -> None:
    repository.git("config", "filter.broken.smudge", "false")
    repository.git("config", "filter.broken.clean", "cat")
    repository.git("config", "filter.broken.required", "true")
    repository.commit({".gitattributes": "*.slow filter=broken\n", "a.slow": "a\n"})
    with pytest.raises(SystemFault) as caught:
        fleet.spawn_command("slow", *LISTED)
    assert (caught.value.message, "a.slow" in caught.value.cause) == ("git read-tree failed", True)
    wait_until(lambda: not survivors(fleet.sandbox.mark), what="the runner ends by itself")
    assert not (repository.path.parent / "project-worktrees" / "slow").exists()
    repository.git("config", "filter.broken.smudge", "cat")
    accepted = run_to_end((*WTA, "doctor", "--accept"))
    assert accepted.returncode in (0, 1), accepted.stderr
    fleet.spawn_command("slow", *LISTED)
    fleet.await_state("slow", TaskState.READY)
