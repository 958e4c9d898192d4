"""Many hands at once: every one gets its own branch, worktree and agent.

`scripts/soak creations` does it with more of them.
"""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from tests.support.fleet import Fleet, scenario, work
from tests.support.wta import start_wta, wta
from wtagents.core.errors import ExitCode
from wtagents.core.run import ExitReason
from wtagents.core.task import Reason, TaskState

pytestmark = pytest.mark.e2e

AGENTS = 8
"""Agents that must all be at work at the same time."""
CREATIONS = int(os.environ.get("WTA_TEST_CREATIONS", "0"))
PATIENCE = 60 + CREATIONS


def spawn_at_once(fleet: Fleet, count: int, *arguments: str) -> list[str]:
    """Start one `wta spawn` per task, all at the same time; return the names."""
    names = [f"task-{number:03}" for number in range(count)]
    spawning = [start_wta(fleet.repository.path, "spawn", name, *arguments) for name in names]
    assert [each.wait(PATIENCE) for each in spawning] == [0] * count
    return names


def require_worktrees(fleet: Fleet, names: list[str]) -> None:
    branches = fleet.repository.git("for-each-ref", "--format=%(refname:short)", "refs/heads/wta")
    assert branches.split() == [f"wta/{name}" for name in names]
    listed = fleet.repository.git("worktree", "list", "--porcelain").split("\n\n")
    assert sorted(block.splitlines()[0].split(" ", 1)[1] for block in listed) == sorted(
        [str(fleet.repository.path), *(str(fleet.task(name).worktree) for name in names)]
    )
    for name in names:
        assert fleet.task(name).worktree.joinpath("README.md").exists(), name


def test_each_spawn_is_a_worktree_and_an_agent(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": AGENTS})
    meet = f"echo >> ../arrived; until [ $(wc -l < ../arrived) -eq {AGENTS} ]; do sleep 0.2; done"

    names = spawn_at_once(fleet, AGENTS, scenario(f"run {meet}", *work()))

    require_worktrees(fleet, names)
    for name in names:
        assert fleet.await_rest(name).state is TaskState.READY
        assert fleet.endings(name) == [ExitReason.COMPLETED]
        assert fleet.repository.subjects(f"main..wta/{name}") == ["Add work.txt"]


@pytest.mark.skipif(not CREATIONS, reason="more of the same: scripts/soak creations")
def test_creations_at_once_all_succeed(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": CREATIONS})

    names = spawn_at_once(fleet, CREATIONS, "do it", "--agent", "command", "--", "true")

    require_worktrees(fleet, names)
    for name in names:
        fleet.await_rest(name)
    assert {fleet.task(name).reason for name in names} == {Reason.NO_COMMITS}


def test_who_finds_no_place_begins_by_itself_when_one_is_free(fleet: Fleet) -> None:
    fleet.configure(limits={"agents": 1})
    go_on = fleet.repository.path / "go-on"
    wait = f"until [ -e {go_on} ]; do sleep 0.05; done"
    wta(fleet.repository.path, "spawn", "first", scenario(f"run {wait}", *work()))

    second = wta(fleet.repository.path, "spawn", "second", scenario(*work()))

    assert second.stderr == "every place is taken: the task starts when an agent ends\n"
    assert fleet.task("second").state is TaskState.QUEUED
    go_on.touch()
    waited = wta(fleet.repository.path, "wait", "--timeout", "30s", "--json")
    assert [item["task"]["state"] for item in waited.data] == ["ready", "ready"]
    ended_at = fleet.run("first").ended_at
    assert ended_at is not None
    assert fleet.run("second").created_at >= ended_at


def test_of_many_spawns_with_one_name_one_wins(fleet: Fleet) -> None:
    spawning = [
        start_wta(fleet.repository.path, "spawn", "same", scenario(*work())) for _ in range(6)
    ]

    statuses = sorted(each.wait(60) for each in spawning)

    assert statuses == [ExitCode.OK, *[ExitCode.STATE] * 5]
    assert fleet.await_rest("same").state is TaskState.READY
    assert fleet.endings("same") == [ExitReason.COMPLETED]
    assert fleet.repository.graph("main", "wta/same") == "* Add work.txt\n* Begin"


def test_many_retries_at_once_begin_one_run(fleet: Fleet) -> None:
    fleet.spawn("a", "run true")
    assert fleet.await_rest("a").state is TaskState.FAILED
    fleet.await_gone("a")

    retrying = [
        start_wta(fleet.repository.path, "retry", "a", "--message", scenario("wait 0.3"))
        for _ in range(5)
    ]
    statuses = [each.wait(60) for each in retrying]

    assert set(statuses) <= {ExitCode.OK, ExitCode.STATE}
    assert statuses.count(ExitCode.OK) >= 1
    fleet.await_rest("a")
    for earlier, later in pairwise(fleet.runs("a")):
        assert earlier.ended_at is not None
        assert earlier.ended_at <= later.created_at
