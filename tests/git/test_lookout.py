"""What lies in a worktree as a commit, taken again and again without touching anything of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.merging.lookout import (
    Lookout,
    Round,
    Sight,
    clear_lookout,
    look_at,
    open_lookout,
)
from wtagents.git.refs import branch_tips
from wtagents.git.repo import Repository

LARGEST = 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return where the lookout is made."""
    return tmp_path / "radar"


@pytest.fixture
def lookout(root: Path, repo: Repository) -> Lookout:
    """Return a lookout that has seen nothing yet."""
    return open_lookout(root, repo)


@pytest.fixture
def worktree(repository: RepositoryBuilder, place: Path) -> RepositoryBuilder:
    """Return a worktree with a commit of its own."""
    repository.commit({".gitignore": "*.log\n", "a": "a\n", "b": "b\n"}, "Begin")
    built = repository.worktree(place, "fix")
    built.commit({"a": "committed\n"}, "Change a")
    return built


def looked(lookout: Lookout, repo: Repository, worktree: Path) -> Sight | None:
    return look_at(Round(lookout, repo, branch_tips(repo)), worktree, name="1", largest=LARGEST)


def seen(lookout: Lookout, repo: Repository, worktree: RepositoryBuilder) -> dict[str, bytes]:
    sight = looked(lookout, repo, worktree.path)
    assert sight is not None
    assert sight.head == worktree.tip("HEAD")
    store = RepositoryBuilder(lookout.hub.path)
    assert store.git("rev-parse", f"{sight.tip}^") == sight.head
    assert store.git("fsck", "--strict", "--no-dangling", sight.tip) == ""
    return store.tree(sight.tip)


def test_all_that_is_not_ignored_is_seen(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder
) -> None:
    worktree.write({"a": "edited\n", "b": None, "new/ö 'x'\n": "new\n", "run.log": "no\n"})
    worktree.write({"staged": "staged\n"})
    worktree.git("add", "staged")
    assert seen(lookout, repo, worktree) == {
        ".gitignore": b"*.log\n",
        "README.md": b"# Project\n",
        "a": b"edited\n",
        "new/ö 'x'\n": b"new\n",
        "staged": b"staged\n",
    }


def test_each_look_sees_what_lies_there_then(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder
) -> None:
    for content in ("one\n", "two\n", "committed\n", "six\n"):
        worktree.write({"a": content})
        assert seen(lookout, repo, worktree)["a"] == content.encode()
    worktree.commit({"a": "done\n"})
    sight = looked(lookout, repo, worktree.path)
    assert sight is not None
    assert sight.head == worktree.tip("HEAD")
    assert looked(lookout, repo, worktree.path) == sight


def test_nothing_of_the_agent_is_touched(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder, state_of: Callable[[], object]
) -> None:
    worktree.write({"a": "stashed\n"})
    worktree.git("stash", "push", "--quiet")
    worktree.write({"a": "edited\n", "staged": "x\n", "new": "y\n"})
    worktree.git("add", "staged")
    before = state_of()
    for _ in range(2):
        seen(lookout, repo, worktree)
    assert state_of() == before


@pytest.fixture
def state_of(repository: RepositoryBuilder, worktree: RepositoryBuilder) -> Callable[[], object]:
    """Return a look at every byte that is git's or the agent's."""

    def look() -> object:
        files = [path for path in repository.path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files}, worktree.files(), repository.refs()

    return look


def test_hidden_edits_are_seen(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder
) -> None:
    worktree.git("update-index", "--assume-unchanged", "a")
    worktree.write({"a": "hidden\n", "b": "hidden\n", "new": "new\n"})
    assert seen(lookout, repo, worktree)["a"] == b"hidden\n"
    worktree.git("update-index", "--no-assume-unchanged", "a")
    worktree.git("update-index", "--skip-worktree", "b")
    worktree.write({"a": "open\n", "b": "still hidden\n"})
    files = seen(lookout, repo, worktree)
    assert (files["a"], files["b"]) == (b"open\n", b"still hidden\n")
    assert files["new"] == b"new\n"


def test_huge_changes_are_passed_over(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder
) -> None:
    worktree.write({"a": "x" * (LARGEST + 1), "huge": "x" * (LARGEST + 1), "b": "x" * LARGEST})
    files = seen(lookout, repo, worktree)
    assert files["a"] == b"committed\n"
    assert "huge" not in files
    assert len(files["b"]) == LARGEST


def test_an_unfinished_merge_and_a_detached_head(
    lookout: Lookout, repo: Repository, repository: RepositoryBuilder, worktree: RepositoryBuilder
) -> None:
    repository.commit({"a": "main\n"}, "Main")
    with pytest.raises(AssertionError, match="ended with 1"):
        worktree.git("merge", "--quiet", "main")
    assert b"<<<<<<< HEAD\ncommitted\n" in seen(lookout, repo, worktree)["a"]
    worktree.git("merge", "--abort")
    worktree.git("checkout", "--quiet", "--detach", "HEAD")
    assert seen(lookout, repo, worktree)["a"] == b"committed\n"


def test_nested_repositories_are_passed_over_and_submodules_are_commits(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder
) -> None:
    nested = RepositoryBuilder.create(worktree.path / "nested")
    tip = nested.commit({"x": "x\n"})
    assert "nested/x" not in seen(lookout, repo, worktree)
    worktree.git("-c", "advice.addEmbeddedRepo=false", "add", "nested")
    sight = looked(lookout, repo, worktree.path)
    assert sight is not None
    listed = RepositoryBuilder(lookout.hub.path).git("ls-tree", sight.tip, "nested")
    assert listed == f"160000 commit {tip}\tnested"


@pytest.mark.parametrize("left", ["index.lock", "index"])
def test_what_a_killed_git_has_left_in_the_room_is_dropped(
    lookout: Lookout, repo: Repository, worktree: RepositoryBuilder, left: str
) -> None:
    seen(lookout, repo, worktree)
    (lookout.room("1") / left).write_bytes(b"half")
    worktree.write({"a": "edited\n"})
    assert seen(lookout, repo, worktree)["a"] == b"edited\n"


def test_no_worktree_no_files_no_commit(
    lookout: Lookout, repo: Repository, repository: RepositoryBuilder, tmp_path: Path
) -> None:
    def look(path: Path) -> object:
        return looked(lookout, repo, path)

    assert look(tmp_path / "nowhere") is None
    assert look(repository.path) is None
    empty = tmp_path / "empty"
    repository.git("worktree", "add", "--quiet", "--no-checkout", "-b", "empty", str(empty))
    assert look(empty) is None
    unborn = repository.worktree(tmp_path / "unborn", "unborn")
    unborn.git("checkout", "--quiet", "--orphan", "nothing")
    assert look(unborn.path) is None


def test_a_lookout_begins_anew(root: Path, repo: Repository, worktree: RepositoryBuilder) -> None:
    first = open_lookout(root, repo)
    worktree.write({"a": "edited\n"})
    seen(first, repo, worktree)
    many = first.hub.path / "objects" / "17"
    many.mkdir(exist_ok=True)
    for number in range(200):
        (many / f"{number:038x}").touch()
    again = open_lookout(root, repo)
    assert not many.exists()
    assert seen(again, repo, worktree)["a"] == b"edited\n"
    clear_lookout(root)
    assert not root.exists()
    assert Oid(worktree.tip("HEAD"))
