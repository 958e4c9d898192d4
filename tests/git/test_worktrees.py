from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.clock import START
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.worktree import WorktreeFacts
from wtagents.git import worktrees
from wtagents.git.admin import LockReason, admin_dir
from wtagents.git.looking import worktree_looks
from wtagents.git.looking.signature import signature
from wtagents.git.repo import GitError, Repository

BRANCH = BranchName("wta/fix")
OWNER = "project-0123456789abcdef"


def add(repo: Repository, place: Path, base: str) -> None:
    worktrees.add_worktree(
        repo, place, branch=BRANCH, base=Oid(base), task=TaskName("fix"), owner=OWNER
    )


def make(repo: Repository, place: Path, base: str) -> RepositoryBuilder:
    add(repo, place, base)
    worktrees.fill_worktree(repo, place)
    return RepositoryBuilder(place)


def registered(repo: Repository, place: Path) -> Path:
    folder = admin_dir(repo, place)
    assert folder is not None
    return folder


def test_a_new_worktree_is_locked_on_its_branch_and_filled(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = repository.tip("HEAD")
    repository.commit({"later": "x"})
    add(repo, place, base)
    assert sorted(path.name for path in place.iterdir()) == [".git"]
    worktrees.fill_worktree(repo, place)
    made = RepositoryBuilder(place)
    assert made.files() == {"README.md": b"# Project\n"}
    assert made.status() == []
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/wta/fix"
    listed = worktrees.worktrees(repo)
    assert [each.path for each in listed] == [repository.path, place]
    assert listed[1] == worktrees.Worktree(
        path=place,
        head=Oid(base),
        branch=BRANCH,
        bare=False,
        locked=f"wta v1 task=fix repository={OWNER}",
        prunable=False,
    )
    assert listed[1].ours == LockReason(task="fix", owner=OWNER)
    assert listed[0].ours is None
    assert "branch.wta/fix" not in repository.git("config", "--list")


def test_a_worktree_that_claims_the_place_of_another_one_is_not_taken_for_it(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = repository.tip("HEAD")
    add(repo, place, base)
    own = registered(repo, place)
    repository.git("worktree", "add", "-q", "-b", "liar", str(place.parent / "a-liar"), base)
    liar = registered(repo, place.parent / "a-liar")
    (liar / "gitdir").write_text(f"{place}/.git\n")
    assert registered(repo, place) == own
    assert admin_dir(repo, place.parent / "a-liar") is None
    # A worktree that was moved is registered under a name that is not its own any more.
    (own / "gitdir").write_text(f"{place.parent / 'moved'}/.git\n")
    assert registered(repo, place.parent / "moved") == own


def test_a_base_on_a_remote_branch_is_not_tracked(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    tip = repository.tip("HEAD")
    repository.git("update-ref", "refs/remotes/origin/main", tip)
    repository.git("config", "remote.origin.url", "/nowhere")
    repository.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    repository.git("config", "branch.autoSetupMerge", "always")
    before = (repository.path / ".git/config").read_bytes()
    make(repo, place, tip)
    assert (repository.path / ".git/config").read_bytes() == before


def test_adding_twice_and_filling_twice_changes_nothing(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    made = make(repo, place, repository.tip("HEAD"))
    made.commit({"work": "done"})
    made.write({"README.md": "edited", "untracked": "kept"})
    before = made.files(), made.refs()
    make(repo, place, repository.tip("HEAD"))
    assert (made.files(), made.refs()) == before
    assert made.status() == [" M README.md", "?? untracked"]


def test_filling_again_repairs_an_interrupted_checkout(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    repository.commit({"a": "whole\n", "b/c": "whole\n"})
    add(repo, place, repository.tip("HEAD"))
    folder = registered(repo, place)
    (folder / "index.lock").write_bytes(b"half")
    (place / "a").write_text("ha")
    worktrees.fill_worktree(repo, place)
    assert RepositoryBuilder(place).status() == []
    assert (place / "a").read_text() == "whole\n"


@pytest.mark.parametrize("cut", ["locked", "gitdir", "dot git", "null head", "commondir"])
def test_adding_again_repairs_an_addition_that_was_cut_off(
    repository: RepositoryBuilder, repo: Repository, place: Path, cut: str
) -> None:
    """Each case is what git 2.39 leaves after one more of its steps."""
    base = repository.tip("HEAD")
    repository.branch(BRANCH, base)
    folder = repository.path / ".git/worktrees/fix"
    folder.mkdir(parents=True)
    steps: dict[str, Callable[[], object]] = {
        "locked": lambda: (folder / "locked").write_text(
            LockReason(task="fix", owner=OWNER).text + "\n"
        ),
        "gitdir": lambda: (folder / "gitdir").write_text(f"{place}/.git\n"),
        "dot git": lambda: (place / ".git").write_text(f"gitdir: {folder}\n"),
        "null head": lambda: (folder / "HEAD").write_text("0" * 40 + "\n"),
        "commondir": lambda: (folder / "commondir").write_text("../..\n"),
    }
    place.mkdir(parents=True)
    for name, step in steps.items():
        step()
        if name == cut:
            break
    made = make(repo, place, base)
    assert made.status() == []
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/wta/fix"
    assert repository.worktrees() == [repository.path, place]
    assert [each.name for each in folder.parent.iterdir()] == ["fix"]


def test_a_branch_that_an_interrupted_addition_left_is_used(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = repository.branch(BRANCH)
    make(repo, place, base)
    assert repository.worktrees() == [repository.path, place]


def test_a_lock_that_a_killed_git_left_on_the_new_branch_is_no_obstacle(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    lock = repository.path / ".git/refs/heads/wta/fix.lock"
    lock.parent.mkdir()
    lock.touch()
    assert make(repo, place, repository.tip("HEAD")).status() == []
    assert not lock.exists()


def test_a_branch_with_other_commits_is_never_taken_over(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = repository.tip("HEAD")
    foreign = repository.commit({"foreign": "work"})
    repository.branch(BRANCH)
    with pytest.raises(StateError) as caught:
        add(repo, place, base)
    assert caught.value.message == f"the branch wta/fix exists already and is at {foreign[:10]}"
    assert repository.tip(BRANCH) == foreign
    assert not place.exists()
    assert repository.worktrees() == [repository.path]


def test_a_folder_with_files_is_in_the_way_and_stays(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    place.mkdir(parents=True)
    (place / "notes").write_text("mine")
    with pytest.raises(StateError) as caught:
        add(repo, place, repository.tip("HEAD"))
    assert caught.value.message == f"{place} is in the way of a new worktree"
    assert caught.value.cause == "the folder is not empty"
    assert (place / "notes").read_text() == "mine"
    assert list(repository.refs()) == ["refs/heads/main"]


def test_a_file_is_in_the_way(repository: RepositoryBuilder, repo: Repository, place: Path) -> None:
    place.parent.mkdir()
    place.write_text("mine")
    with pytest.raises(StateError) as caught:
        add(repo, place, repository.tip("HEAD"))
    assert caught.value.cause == "it is a file"


def test_a_worktree_of_somebody_else_is_not_adopted(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    repository.worktree(place, BRANCH)
    with pytest.raises(StateError) as caught:
        add(repo, place, repository.tip("HEAD"))
    assert caught.value.cause == "another worktree of this repository is registered there"


def test_a_worktree_that_lost_its_files_is_reported_and_its_index_kept(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    make(repo, place, repository.tip("HEAD"))
    shutil.rmtree(place)
    with pytest.raises(StateError):
        add(repo, place, repository.tip("HEAD"))
    assert (registered(repo, place) / "index").exists()
    assert worktree_looks.worktree_facts(repo, place, Oid("0" * 40), at=START) is None


def test_a_failed_addition_leaves_no_branch(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    place.parent.mkdir()
    blocked = place / "below"
    place.write_text("a file where a folder must be")
    with pytest.raises((GitError, StateError)):
        worktrees.add_worktree(
            repo,
            blocked,
            branch=BRANCH,
            base=Oid(repository.tip("HEAD")),
            task=TaskName("fix"),
            owner=OWNER,
        )
    assert list(repository.refs()) == ["refs/heads/main"]
    assert repository.worktrees() == [repository.path]


@pytest.mark.parametrize(
    "folder", ["with space", "new\nline", "quo'te\"s", "$(touch x)", "-dash", "ü–π", "a;b|c&d"]
)
def test_hostile_folders_are_only_names(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path, folder: str
) -> None:
    place = tmp_path / folder / "fix"
    repository.commit({"in\nside/quo\"te'": "x", "-rf": "y"})
    made = make(repo, place, repository.tip("HEAD"))
    assert made.status() == []
    assert [each.path for each in worktrees.worktrees(repo)] == [repository.path, place]
    facts = worktree_looks.worktree_facts(repo, place, Oid(repository.tip("HEAD")), at=START)
    assert facts is not None
    assert facts.branch == BRANCH
    assert facts.uncommitted == 0
    names = {path.name for path in repository.path.iterdir()}
    assert names == {".git", "-rf", "README.md", "in\nside"}


def test_facts_count_commits_and_uncommitted_work(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = repository.commit({"old": "1\n2\n3\n", "gone": "x\n", ".gitignore": "*.log\n"})
    made = make(repo, place, base)
    made.commit({"new": "a\nb\n"})
    head = made.commit({"old": "1\nzwei\n3\n"})
    made.write({"gone": None, "staged": "s\n", "loose": "l\n", "bin": b"\0\1", "x.log": "ignored"})
    made.git("add", "staged", "bin")
    assert worktree_looks.worktree_facts(repo, place, Oid(base), at=START) == WorktreeFacts(
        head=Oid(head),
        branch=BRANCH,
        commits=2,
        files_changed=6,
        insertions=4,
        deletions=2,
        uncommitted=4,
        operation="",
        signature=signature(place),
        at=START,
    )


def test_looking_leaves_the_agents_index_alone(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    made = make(repo, place, repository.tip("HEAD"))
    os.utime(place / "README.md", (1, 1))
    before = (registered(repo, place) / "index").read_bytes(), signature(place)
    facts = worktree_looks.worktree_facts(repo, place, Oid(repository.tip("HEAD")), at=START)
    assert facts is not None
    assert facts.uncommitted == 0
    assert ((registered(repo, place) / "index").read_bytes(), signature(place)) == before
    assert not (registered(repo, place) / "index.lock").exists()
    assert made.files() == {"README.md": b"# Project\n"}


def test_facts_of_a_detached_head_and_of_an_operation(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    base = Oid(repository.tip("HEAD"))
    made = make(repo, place, base)
    made.git("checkout", "--quiet", "--detach")
    head = made.commit({"x": "1"})
    facts = worktree_looks.worktree_facts(repo, place, base, at=START)
    assert facts is not None
    assert (facts.branch, facts.head, facts.commits) == (None, head, 1)
    (registered(repo, place) / "MERGE_HEAD").write_text(base)
    facts = worktree_looks.worktree_facts(repo, place, base, at=START)
    assert facts is not None
    assert facts.operation == "merge"


def test_the_signature_changes_with_staging_and_committing(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    made = make(repo, place, repository.tip("HEAD"))
    seen = [signature(place)]
    made.write({"a": "1"})
    assert signature(place) == seen[-1]
    made.git("add", "a")
    seen.append(signature(place))
    made.git("commit", "--quiet", "-m", "A")
    seen.append(signature(place))
    assert len(set(seen)) == len(seen)
    assert signature(place) == seen[-1]
    assert signature(place / "nowhere") == "- - -"


def test_excluding_is_done_once_and_keeps_the_file(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    path = repository.path / ".git/info/exclude"
    path.write_text("# mine\n*.tmp")
    worktrees.exclude(repo, "/CLAUDE.local.md")
    worktrees.exclude(repo, "/CLAUDE.local.md")
    assert path.read_text() == "# mine\n*.tmp\n/CLAUDE.local.md\n"
    shutil.rmtree(path.parent)
    worktrees.exclude(repo, "/CLAUDE.local.md")
    assert path.read_text() == "/CLAUDE.local.md\n"


def test_what_is_tracked_and_which_ignored_files_are_named(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    repository.commit({".gitignore": ".env*\n*.log\nbuild/\n", "CLAUDE.local.md": "tracked\n"})
    repository.write(
        {".env": "s", ".env.local": "t", "x.log": "l", "build/o": "o", "loose.env": "not ignored"}
    )
    repository.write({".worktreeinclude": ".env*\n*.env\nbuild/\n!.env.local\n"})
    include = repository.path / ".worktreeinclude"
    assert worktrees.ignored_files(repo, include) == [".env", "build/o"]
    assert worktrees.ignored_files(repo, include / "absent") == []
    make(repo, place, repository.tip("HEAD"))
    asked = ("CLAUDE.local.md", "CLAUDE.md", "*", ":(top)README.md", "-x")
    assert [worktrees.is_tracked(repo, place, path) for path in asked] == [True] + [False] * 4
    assert worktrees.is_tracked(repo, repository.path, "README.md")


@pytest.mark.parametrize("pointer", [None, "gitdir: /elsewhere\n", "gitdir: {common}\n"])
def test_a_worktree_whose_pointer_leads_elsewhere_has_no_facts(
    repository: RepositoryBuilder, repo: Repository, place: Path, pointer: str | None
) -> None:
    base = Oid(repository.tip("HEAD"))
    make(repo, place, base)
    assert worktree_looks.worktree_facts(repo, place, base, at=START) is not None
    (place / ".git").unlink()
    if pointer is not None:
        (place / ".git").write_text(pointer.format(common=repo.common_dir))
    assert worktree_looks.worktree_facts(repo, place, base, at=START) is None
