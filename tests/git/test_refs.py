from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.ids import BranchName, Oid, RefName, TaskName
from wtagents.git import refs
from wtagents.git.advancing.advance import Advanced, advance
from wtagents.git.repo import GitError, Repository
from wtagents.git.worktrees import add_worktree, worktrees

MAIN = RefName("refs/heads/main")


def test_resolve_answers_for_every_way_to_name_a_commit(repository: RepositoryBuilder) -> None:
    tip = repository.tip("HEAD")
    repository.git("tag", "-a", "v1", "-m", "One")
    repo = Repository.at(repository.path)
    names = ("HEAD", "main", "refs/heads/main", "v1", tip, tip[:8], "main~0")
    assert {refs.resolve(repo, name) for name in names} == {tip}
    absent = ("nowhere", "main:README.md", "--all", "-n1", "", "a b", "main..main", "f" * 40)
    assert [refs.resolve(repo, name) for name in absent] == [None] * len(absent)


def test_require_commit_names_what_is_missing(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    with pytest.raises(NotFoundError) as caught:
        refs.require_commit(repo, "nowhere")
    assert caught.value.message == "'nowhere' names no commit here"
    with pytest.raises(NotFoundError) as missing:
        refs.require_branch(repo, BranchName("dev"))
    assert missing.value.message == "there is no branch dev"


def test_a_repository_without_a_commit_says_so_everywhere(tmp_path: Path) -> None:
    RepositoryBuilder.create(tmp_path / "empty")
    repo = Repository.at(tmp_path / "empty")
    assert refs.unborn(repo)
    asked = (
        lambda: refs.require_commit(repo, "HEAD"),
        lambda: refs.require_branch(repo, BranchName("main")),
        lambda: refs.default_target(repo),
    )
    for ask in asked:
        with pytest.raises(StateError) as caught:
            ask()
        assert caught.value.message == "the repository has no commit yet"
        assert caught.value.hint == 'git commit --allow-empty -m "Begin"'


def test_the_default_target_is_the_branch_of_the_main_worktree(
    repository: RepositoryBuilder,
) -> None:
    repo = Repository.at(repository.path)
    assert refs.default_target(repo) == "main"
    repository.checkout("develop", new=True)
    assert refs.default_target(repo) == "develop"
    repository.git("checkout", "--quiet", "--detach")
    assert refs.current_branch(repo) is None
    assert refs.default_target(repo) == "main"
    repository.checkout("wta/fix", new=True)
    assert refs.default_target(repo) == "main"


def test_without_a_usual_name_the_target_must_be_named(tmp_path: Path) -> None:
    built = RepositoryBuilder.create(tmp_path / "odd", branch="release")
    built.commit({"a": "1"})
    built.git("checkout", "--quiet", "--detach")
    with pytest.raises(StateError) as caught:
        refs.default_target(Repository.at(built.path))
    assert caught.value.hint == "name one: --target BRANCH"


def test_a_ref_moves_only_from_where_it_was_seen(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    first = Oid(repository.tip("HEAD"))
    second = Oid(repository.commit({"a": "1"}))
    repository.git("checkout", "--quiet", "--detach")
    assert not refs.swap_ref(repo, MAIN, first, first, reason="test")
    assert repository.tip("main") == second
    assert refs.swap_ref(repo, MAIN, first, second, reason="wta: back")
    assert repository.tip("main") == first
    assert repository.git("reflog", "-1", "--format=%gs", "main") == "wta: back"


def test_creating_and_deleting_are_guarded_alike(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    first = Oid(repository.tip("HEAD"))
    second = Oid(repository.commit({"a": "1"}))
    ref = RefName("refs/wta/archive/x/1")
    assert refs.ref_value(repo, ref) is None
    assert refs.swap_ref(repo, ref, first, None, reason="keep")
    assert not refs.swap_ref(repo, ref, second, None, reason="keep")
    assert not refs.swap_ref(repo, ref, None, second, reason="drop")
    assert refs.ref_value(repo, ref) == first
    assert refs.swap_ref(repo, ref, None, first, reason="drop")
    assert refs.ref_value(repo, ref) is None


def test_a_lock_that_somebody_holds_is_an_error_and_not_a_lost_race(
    repository: RepositoryBuilder,
) -> None:
    repo = Repository.at(repository.path)
    first = Oid(repository.tip("HEAD"))
    second = Oid(repository.commit({"a": "1"}))
    (repository.path / ".git/refs/heads/main.lock").touch()
    with pytest.raises(GitError):
        refs.swap_ref(repo, MAIN, first, second, reason="test")
    assert repository.tip("main") == second


@pytest.mark.parametrize(
    ("taken", "wanted", "message"),
    [
        ("wta/fix", "wta/fix", "the branch wta/fix exists already"),
        ("wta/fix", "wta/FIX", "the branch wta/fix exists already"),
        ("wta", "wta/fix", "git cannot hold the branch wta/fix beside wta"),
        ("wta/fix/deep", "wta/fix", "git cannot hold the branch wta/fix beside wta/fix/deep"),
        ("Wta", "wta/fix", "git cannot hold the branch wta/fix beside Wta"),
    ],
)
def test_a_branch_that_has_no_room_is_refused_in_words(
    repository: RepositoryBuilder, taken: str, wanted: str, message: str
) -> None:
    repository.branch(taken)
    with pytest.raises(StateError) as caught:
        refs.check_branch_room(refs.branch_tips(Repository.at(repository.path)), BranchName(wanted))
    assert caught.value.message == message


HOSTILE = (
    "a$(touch${IFS}x)", "a`id`", "a|b", "a&b", "a'b\"c", "$HOME", "#{b}", "FETCH_HEAD", "-n",
    "ab\u202ecd", "a\u2028b", "a\x85b", "ü/ö", "x" * 200, "HEAD", "refs/heads/main", "a;b",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_branches_are_only_names(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path, name: str
) -> None:
    branch, old = BranchName(name), Oid(repository.tip("HEAD"))
    new = Oid(repository.commit({"a": "1"}))
    assert refs.swap_ref(repo, branch.ref, old, None, reason="test")
    assert refs.require_branch(repo, branch) == old
    assert refs.branch_exists(repo, branch)
    with pytest.raises(StateError):
        refs.check_branch_room(refs.branch_tips(repo), branch)
    refs.check_branch_room(refs.branch_tips(repo), BranchName("wta/free"))
    assert advance(repo, branch, old, new) == Advanced(checkouts=())
    assert refs.ref_value(repo, branch.ref) == new
    made = tmp_path / "made"
    add_worktree(
        repo, made, branch=BranchName(f"wta/{name}"), base=old, task=TaskName("x"), owner="o"
    )
    assert [each.branch for each in worktrees(repo)] == ["main", f"wta/{name}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "project"]


def test_a_branch_beside_similar_ones_has_room(repository: RepositoryBuilder) -> None:
    for name in ("wta/fix-1", "wta/fi", "wtax"):
        repository.branch(name)
    refs.check_branch_room(refs.branch_tips(Repository.at(repository.path)), BranchName("wta/fix"))
