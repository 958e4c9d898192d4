from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import admin_dir
from wtagents.git.hub import Hub
from wtagents.git.keeping.snapshots import snapshot_tree
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree


@pytest.fixture
def worker(repository: RepositoryBuilder, repo: Repository, place: Path) -> RepositoryBuilder:
    """Return the clean worktree of a task."""
    base = Oid(repository.commit({".gitignore": "*.log\n", "f": "1\n", "gone": "1\n", "h": "1\n"}))
    add_worktree(
        repo, place, branch=BranchName("wta/fix"), base=base, task=TaskName("fix"), owner="state"
    )
    fill_worktree(repo, place)
    return RepositoryBuilder(place)


def files(hub: Hub, tree: str) -> dict[str, bytes]:
    names = hub.repo.read("ls-tree", "-r", "-z", "--name-only", tree).fields
    return {name: hub.repo.read("cat-file", "blob", f"{tree}:{name}").stdout for name in names}


def test_a_snapshot_holds_everything_and_touches_nothing(
    repo: Repository, hub: Hub, worker: RepositoryBuilder
) -> None:
    worker.commit({"done": "1\n"})
    worker.write({"f": "edited\n", "new\nline": "u\n", "dev.log": "i\n", "gone": None})
    worker.write({"staged": "first\n"})
    worker.git("add", "staged")
    worker.write({"staged": "second\n"})
    worker.git("update-index", "--assume-unchanged", "h")
    worker.write({"README.md": None})
    worker.write({"README.md/now": "a folder\n"})
    RepositoryBuilder.create(worker.path / "inner").commit({"x": "1"})
    worker.write({"h": "hidden\n"})
    folder = admin_dir(repo, worker.path)
    assert folder is not None
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    objects = set(repo.objects.rglob("*"))

    tree = snapshot_tree(hub, repo, worker.path, ignored=False)

    everything = {name: data for name, data in worker.files().items() if name != "inner/x"}
    assert files(hub, snapshot_tree(hub, repo, worker.path, ignored=True)) == everything
    del everything["dev.log"]
    assert files(hub, tree) == everything
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert set(repo.objects.rglob("*")) == objects


def test_an_unchanged_worktree_gives_the_tree_of_its_commit(
    repo: Repository, hub: Hub, worker: RepositoryBuilder
) -> None:
    tree = snapshot_tree(hub, repo, worker.path, ignored=False)
    assert tree == worker.git("rev-parse", "HEAD^{tree}")


def test_what_was_only_staged_reaches_the_hub_too(
    repo: Repository, hub: Hub, worker: RepositoryBuilder
) -> None:
    worker.git("checkout", "-q", "--orphan", "island")
    worker.write({"staged": "s\n"})
    worker.git("add", "staged")
    tree = snapshot_tree(hub, repo, worker.path, ignored=False)
    assert files(hub, tree) == worker.files()


def test_a_worktree_that_is_not_there_has_no_snapshot(
    repo: Repository, hub: Hub, tmp_path: Path
) -> None:
    with pytest.raises(StateError):
        snapshot_tree(hub, repo, tmp_path / "nowhere", ignored=False)
