"""A lookout sees what changed, never waits for git, and does nothing twice."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.repository import RepositoryBuilder
from tests.support.stored import stored_task
from wtagents.core.ids import Oid
from wtagents.operations.context import Context
from wtagents.operations.telling.lookout import WALK_SECONDS, Lookout
from wtagents.operations.telling.status import StatusRequest, status
from wtagents.store.tasks import set_priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.task import Task
    from wtagents.operations.telling.status import TaskStatus


@pytest.fixture
def context(repository: RepositoryBuilder, clock: ManualClock) -> Iterator[Context]:
    opened = Context(repository.path, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def looker(context: Context) -> Iterator[Context]:
    other = context.another()
    yield other
    other.close()


def begin(context: Context, repository: RepositoryBuilder, name: str) -> Task:
    """Store a task with a worktree that has one commit."""
    place, base = repository.path.with_name("trees") / name, repository.tip("HEAD")
    repository.worktree(place, f"wta/{name}").commit({name: "1\n"})
    with context.database.write() as db:
        return stored_task(db, name, worktree=place, base=Oid(base))


def look(lookout: Lookout) -> dict[str, TaskStatus]:
    return {str(item.task.name): item for item in lookout.look().items}


def commits(lookout: Lookout) -> dict[str, int | None]:
    found = look(lookout)
    seen = {name: each.worktree for name, each in found.items()}
    return {name: None if each is None else each.commits for name, each in seen.items()}


def test_git_is_asked_after_a_look_and_only_about_what_changed(
    context: Context, looker: Context, repository: RepositoryBuilder, clock: ManualClock
) -> None:
    one, _ = (begin(context, repository, name) for name in ("one", "two"))
    lookout = Lookout(looker)
    assert commits(lookout) == {"one": None, "two": None}
    assert lookout.wants_look
    lookout.catch_up(Event())
    assert commits(lookout) == {"one": 1, "two": 1}
    RepositoryBuilder(one.worktree).commit({"more": "2\n"})
    clock.advance(WALK_SECONDS)
    assert commits(lookout) == {"one": 1, "two": 1}
    assert lookout.wants_look
    lookout.catch_up(Event())
    before = look(lookout)
    assert {name: each.worktree and each.worktree.commits for name, each in before.items()} == {
        "one": 2,
        "two": 1,
    }
    assert before == {str(each.task.name): each for each in status(looker, StatusRequest()).data}


def test_a_task_of_which_nothing_changed_stays_the_very_same(
    context: Context, looker: Context, clock: ManualClock
) -> None:
    with context.database.write() as db:
        one, _ = stored_task(db, "one"), stored_task(db, "two")
        for task in (one, _):
            db.change("UPDATE task SET state = 'stopped' WHERE id = ?", (task.id,))
    lookout = Lookout(looker)
    first = look(lookout)
    clock.advance(WALK_SECONDS)
    assert [look(lookout)[name] is first[name] for name in first] == [True, True]
    with context.database.write() as db:
        set_priority(db, one.id, clock.now(), priority=3)
    second = look(lookout)
    assert (second["one"].task.priority, second["two"]) == (3, first["two"])
    assert second["two"] is first["two"]


def test_what_git_cannot_tell_is_asked_once_and_hides_nobody(
    context: Context, looker: Context, repository: RepositoryBuilder
) -> None:
    broken, _ = (begin(context, repository, name) for name in ("broken", "whole"))
    repository.git("update-ref", "-d", "refs/heads/wta/broken")
    with context.database.write() as db:
        stored_task(db, "nowhere", worktree=Path("/nowhere/at/all"))
    lookout = Lookout(looker)
    assert commits(lookout) == {"broken": None, "whole": None, "nowhere": None}
    lookout.catch_up(Event())
    assert commits(lookout) == {"broken": None, "whole": 1, "nowhere": None}
    assert not lookout.wants_look
    assert broken.worktree.exists()


def test_a_lookout_that_is_closed_asks_git_no_more(
    context: Context, looker: Context, repository: RepositoryBuilder
) -> None:
    begin(context, repository, "one")
    lookout, closed = Lookout(looker), Event()
    lookout.look()
    closed.set()
    lookout.catch_up(closed)
    assert commits(lookout) == {"one": None}
