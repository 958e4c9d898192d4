"""Checkpoints beside the ticks: taken when they are due, of real agents, and nothing ends them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.fleet import Fleet, configure
from wtagents.core.errors import StateError
from wtagents.core.run import Phase
from wtagents.core.task import TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.operations.keeping.checkpoints import checkpoints
from wtagents.operations.keeping.restore import RestoreRequest, restore
from wtagents.operations.observe import observe
from wtagents.operations.steering.stop import RetryRequest, retry
from wtagents.supervisor.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder


@pytest.fixture
def fleet(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Fleet]:
    configure(sandbox)
    built = Fleet(repository=repository, sandbox=sandbox)
    yield built
    built.end()


def kept(fleet: Fleet, keeper: Keeper) -> list[tuple[str, int, int]]:
    """Wake the keeper, let it end what it begins, and return what there is."""
    keeper.wake(observe(fleet.context))
    keeper.finish()
    rows = checkpoints(fleet.context, "fix").data.rows
    return [(r.checkpoint.cause, r.checkpoint.run, r.changes.files) for r in rows]


def test_checkpoints_of_an_agent_at_work_and_at_its_end(fleet: Fleet) -> None:
    fleet.spawn("fix", "write a <<END", "1", "END", "wait 60", "write b <<END", "2", "END")
    fleet.await_doing("fix", "sleep")
    working = [("time", 1, 1)]
    keeper = Keeper(fleet.context)
    assert kept(fleet, keeper) == working
    fleet.worktree("fix").write({"c": "3\n"})
    assert kept(fleet, Keeper(fleet.context)) == [*working, ("time", 1, 1)]
    fleet.configure(checkpoints={"enabled": False})
    fleet.worktree("fix").write({"c": "4\n"})
    assert len(kept(fleet, Keeper(fleet.context))) == 2


def test_files_that_come_and_go_are_a_circle(fleet: Fleet) -> None:
    fleet.spawn("fix", "write a <<END", "1", "END", "wait 60")
    fleet.await_doing("fix", "sleep")
    seen = [kept(fleet, Keeper(fleet.context)) and fleet.status("fix").liveness]
    for content in ("1\n", None) * 3:
        fleet.worktree("fix").write({"b": content})
        kept(fleet, Keeper(fleet.context))
        seen.append(fleet.status("fix").liveness)

    assert seen == [*[Liveness.WORKING] * 6, Liveness.LOOPING]
    status = fleet.status("fix")
    assert re.fullmatch(
        r"goes in circles: the files went back to what they were at \d\d:\d\d 3 times, A->B->A",
        status.attention,
    )
    assert status.attention == f"goes in circles: {status.reasons[0]}"


def test_one_moment_is_looked_at_once(fleet: Fleet) -> None:
    fleet.spawn("fix", "write a <<END", "1", "END", 'commit "Add a"')
    fleet.await_state("fix", TaskState.READY)
    keeper = Keeper(fleet.context)
    assert kept(fleet, keeper) == [("run", 1, 1)]
    fleet.worktree("fix").write({"by-hand": "1\n"})
    keeper.wake(observe(fleet.context))
    assert kept(fleet, Keeper(fleet.context)) == [("run", 1, 1), ("run", 1, 1)]


def test_nothing_of_ours_changes_a_worktree_without_a_checkpoint(fleet: Fleet) -> None:
    fleet.spawn("fix", *("write a <<END", "1", "END", 'commit "Add a"'), "wait 60")
    fleet.await_doing("fix", "sleep")
    worktree = fleet.worktree("fix")
    checkpoints(fleet.context, "fix", now=True)
    worktree.write({"a": "2\n"})
    with pytest.raises(StateError, match="is at work"):
        restore(fleet.context, RestoreRequest(name="fix"))
    assert worktree.files()["a"] == b"2\n"
    restore(fleet.context, RestoreRequest(name="fix", stop=True))
    assert (worktree.files()["a"], fleet.task("fix").state) == (b"1\n", TaskState.STOPPED)
    worktree.write({"a": "3\n"})
    retry(fleet.context, RetryRequest(name="fix", fresh=True))
    rows = checkpoints(fleet.context, "fix").data.rows
    causes = [(row.checkpoint.cause, row.checkpoint.number) for row in rows]
    assert causes == [("asked", 1), ("restore", 2), ("fresh", 3)]


def test_a_failure_is_logged(fleet: Fleet, caplog: pytest.LogCaptureFixture) -> None:
    fleet.spawn("fix", "wait 60")
    fleet.await_phase("fix", Phase.TOOL)
    fleet.context.paths.radar.write_text("a file where the folder is to be")
    with caplog.at_level(logging.WARNING):
        assert kept(fleet, Keeper(fleet.context)) == []
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "no checkpoint of fix"
    ]
