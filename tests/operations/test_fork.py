"""Forks: a new task from a checkpoint, with its commits, its files and its conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.fleet import Fleet, configure
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from tests.support.wta import start_wta
from wtagents.core.errors import StateError, WtaError
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.task import TaskState
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.keeping.checkpoints import checkpoints
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.steering.fork import Forked, ForkRequest, fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.environment import Sandbox


@pytest.fixture
def fleet(repository: RepositoryBuilder, sandbox: Sandbox) -> Iterator[Fleet]:
    configure(sandbox)
    repository.commit({".gitignore": "*.log\n"})
    built = Fleet(repository=repository, sandbox=sandbox)
    yield built
    built.end()


def forked(fleet: Fleet, new: str, at: str = "", message: str = "") -> Forked:
    request = ForkRequest(name="one", new=new, at=at, message=message)
    return fork(fleet.context, request).data


LATER = ("write b <<END", "2", "END", 'commit "Add b"')


def begun(fleet: Fleet, *later: str) -> RepositoryBuilder:
    """Return a worktree with a commit, a draft, and an agent in the middle of its work."""
    fleet.spawn(
        "one",
        *("write a <<END", "1", "END", 'commit "Add a"', "write draft <<END", "d", "END"),
        *("wait 60", *later),
    )
    fleet.await_doing("one", "sleep")
    worktree = fleet.worktree("one")
    worktree.git("add", "draft")
    return worktree


def test_a_fork_goes_on_beside_its_source_and_lands_what_both_did(fleet: Fleet) -> None:
    source = begun(fleet, *LATER)
    before = source.status()
    done = forked(fleet, "two")
    assert (done.conversation, done.checkpoint.number, done.checkpoint.cause) == (True, 1, "fork")
    assert fleet.await_rest("two").state is TaskState.READY
    two = fleet.worktree("two")
    assert (two.subjects("main..HEAD"), two.status()) == (["Add b", "Add a"], [])
    assert two.tree()["draft"] == b"d\n"
    assert (source.status(), source.subjects("main..HEAD")) == (before, ["Add a"])
    assert fleet.endings("two") == ["completed"]
    assert fleet.run("two").prompt.startswith("You are a fork of the task one: from now on you")
    rows = checkpoints(fleet.context, "two").data.rows
    assert [(row.checkpoint.number, row.checkpoint.cause) for row in rows] == [(1, "fork")]
    assert merge(fleet.context, MergeRequestOptions(names=("two",))).data[0].landed
    assert fleet.repository.subjects("main")[:2] == ["Add b", "Add a"]


def test_a_fork_of_then_has_the_commits_and_files_of_then(fleet: Fleet) -> None:
    fleet.configure(checkpoints={"include": ["*.log"]})
    source = begun(fleet)
    source.write({"dev.log": "ignored\n"})
    first = source.tip("HEAD")
    take_checkpoint(fleet.context, fleet.task("one"), Cause.TIME)
    source.commit({"draft": None, "later": "l\n"}, "Later")
    forked(fleet, "two", "1", "Do this.\nscenario:\nwait 60")
    fleet.await_doing("two", "sleep")
    two = fleet.worktree("two")
    assert (two.tip("HEAD"), two.status()) == (first, ["?? draft"])
    assert (two.path / "dev.log").read_text() == "ignored\n"
    assert (two.path / "draft").read_text() == "d\n"
    assert fleet.task("two").base == fleet.task("one").base


def test_a_fork_that_cannot_be_leaves_nothing(fleet: Fleet) -> None:
    begun(fleet)
    refs, places = fleet.repository.refs(), fleet.repository.worktrees()
    for new, at in (("one", ""), ("two", "99"), ("two", "1h"), ("-x", ""), ("one/x", "")):
        with pytest.raises(WtaError):
            forked(fleet, new, at)
    fleet.repository.branch("wta/two")
    with pytest.raises(StateError):
        forked(fleet, "two")
    fleet.repository.git("branch", "-D", "wta/two")
    assert (fleet.repository.refs(), fleet.repository.worktrees()) == (refs, places)


def test_a_fork_killed_anywhere_is_whole_in_the_end(fleet: Fleet) -> None:
    source = begun(fleet, *LATER)
    source.write({f"d{n % 7}/f{n}": f"{n}\n" for n in range(200)})
    wanted = {name: data for name, data in source.files().items() if name != "CLAUDE.local.md"}
    forking = start_wta(fleet.repository.path, "fork", "one", "two", "-m", "nothing to do")
    room = fleet.context.paths.radar / "rooms" / "2" / "putting-back"
    wait_until(lambda: room.exists() or forking.poll() is not None, what=str(room))
    forking.kill()
    forking.wait()
    wait_until(lambda: (fleet.tick(), fleet.task("two").state is not TaskState.QUEUED)[1])
    fleet.await_rest("two")
    two = fleet.worktree("two")
    files = {name: data for name, data in two.files().items() if name != "CLAUDE.local.md"}
    assert files == wanted | {"b": b"2\n"}
    assert two.subjects("main..HEAD") == ["Add b", "Add a"]
