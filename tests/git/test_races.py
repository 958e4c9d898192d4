from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.git.racers import Place, Step, add, add_and_fill, advance_once
from tests.support.forking import fork_race
from tests.support.repository import RepositoryBuilder
from wtagents.git.repo import Repository
from wtagents.git.worktrees import fill_worktree, worktrees

CREATIONS = int(os.environ.get("WTA_TEST_CREATIONS", "32"))


@pytest.mark.timeout(180)
def test_each_of_many_processes_makes_its_worktree(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path
) -> None:
    base = repository.commit({f"d{number}/f": "x\n" for number in range(30)})
    root = tmp_path / "worktrees"
    root.mkdir()
    names = [f"task-{number}" for number in range(CREATIONS)]
    places = [
        Place(repository=str(repository.path), root=str(root), name=name, base=base)
        for name in names
    ]
    assert fork_race(add_and_fill, places) == ["made"] * CREATIONS
    listed = worktrees(repo)[1:]
    assert {each.path.name for each in listed} == set(names)
    assert {each.branch for each in listed} == {f"wta/{name}" for name in names}
    assert all(each.ours is not None and each.head == base for each in listed)
    assert set(repository.refs()) == {"refs/heads/main", *(f"refs/heads/wta/{n}" for n in names)}
    assert [RepositoryBuilder(each.path).status() for each in listed[:: CREATIONS // 4]] == [[]] * 4
    assert not list((repository.path / ".git").rglob("*.lock"))


def test_sixteen_makers_of_one_worktree_all_get_the_same(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path
) -> None:
    root = tmp_path / "worktrees"
    root.mkdir()
    base = repository.tip("HEAD")
    place = Place(repository=str(repository.path), root=str(root), name="one", base=base)
    assert fork_race(add, [place] * 16) == ["made"] * 16
    assert repository.worktrees() == [repository.path, root / "one"]
    fill_worktree(repo, root / "one")
    assert RepositoryBuilder(root / "one").status() == []


@pytest.mark.parametrize("checked_out", [False, True], ids=["only a ref", "checked out"])
def test_of_thirty_two_who_advance_one_wins(
    repository: RepositoryBuilder, *, checked_out: bool
) -> None:
    old = repository.tip("HEAD")
    news = []
    for number in range(32):
        repository.git("checkout", "-q", "--detach", old)
        news.append(repository.commit({"f": f"{number}\n"}))
    repository.checkout("main")
    if not checked_out:
        repository.git("checkout", "-q", "--detach")
    steps = [Step(repository=str(repository.path), branch="main", old=old, new=new) for new in news]
    outcomes = Counter(fork_race(advance_once, steps))
    assert outcomes["Advanced"] == 1, outcomes
    # Who looks while the winner's files are being written finds them changed: a refusal, too.
    refused = {"Moved", "StateError"} | (
        {"CheckoutBusy", "CheckoutDirty"} if checked_out else set()
    )
    assert set(outcomes) <= {"Advanced", *refused}
    assert repository.tip("main") in news
    assert repository.status() == []
    assert not list((repository.path / ".git").rglob("*.lock"))
