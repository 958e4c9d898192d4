from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import LockReason, admin_dir
from wtagents.git.keeping.removal import remove_admin, restore_worktree, trash_worktree
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree

OWNER = LockReason(task="fix", owner="state")
BRANCH = BranchName("wta/fix")


@pytest.fixture
def worker(repository: RepositoryBuilder, repo: Repository, place: Path) -> RepositoryBuilder:
    """Return the worktree of a task with every kind of work in it."""
    base = Oid(repository.commit({".gitignore": "*.log\n", "f": "1\n"}))
    add_worktree(repo, place, branch=BRANCH, base=base, task=TaskName("fix"), owner="state")
    fill_worktree(repo, place)
    worker = RepositoryBuilder(place)
    worker.commit({"done": "1\n"})
    worker.write({"f": "edited\n", "new": "untracked\n", "dev.log": "ignored\n", "staged": "s\n"})
    worker.git("add", "staged")
    (place / "empty").mkdir()
    return worker


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    """Return the folder of one item in the trash."""
    (tmp_path / "trash").mkdir()
    return tmp_path / "trash" / "7"


def everything(worker: RepositoryBuilder) -> tuple[object, ...]:
    reflog = worker.git("reflog", "--format=%H %gs", "HEAD")
    return worker.files(), worker.status(), reflog, (worker.path / "empty").is_dir()


def test_what_comes_back_is_what_went(
    repository: RepositoryBuilder, repo: Repository, worker: RepositoryBuilder, trash: Path
) -> None:
    before, tip = everything(worker), Oid(worker.tip("HEAD"))
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    assert not worker.path.exists()
    assert repository.worktrees() == [repository.path]
    assert repository.tip(BRANCH) == tip
    assert (trash / "files" / "dev.log").read_text() == "ignored\n"
    assert trash.stat().st_mode & 0o077 == 0

    repository.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert everything(worker) == before
    assert repository.worktrees() == [repository.path, worker.path]
    assert list(trash.iterdir()) == []
    folder = admin_dir(repo, worker.path)
    assert folder is not None
    assert (folder / "locked").read_text().strip() == OWNER.text
    repository.git("fsck", "--strict")


def test_trashing_and_restoring_twice_changes_nothing_more(
    repo: Repository, worker: RepositoryBuilder, trash: Path
) -> None:
    before, tip = everything(worker), Oid(worker.tip("HEAD"))
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert everything(worker) == before


def test_dying_between_files_and_private_directory_is_finished_both_ways(
    repository: RepositoryBuilder, repo: Repository, worker: RepositoryBuilder, trash: Path
) -> None:
    before, tip = everything(worker), Oid(worker.tip("HEAD"))
    trash.mkdir()
    worker.path.rename(trash / "files")
    repository.git("worktree", "prune")
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    assert repository.worktrees() == [repository.path]
    admin = trash / "admin"
    (admin / "gitdir").write_text(f"{worker.path}/.git\n")
    admin.rename(repo.common_dir / "worktrees" / "fix")
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert everything(worker) == before


def test_another_worktree_of_the_same_name_does_not_disturb(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    trash: Path,
    tmp_path: Path,
) -> None:
    before, tip = everything(worker), Oid(worker.tip("HEAD"))
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    repository.worktree(tmp_path / "elsewhere" / "fix", "other")
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert everything(worker) == before
    assert len(repository.worktrees()) == 3


def test_a_taken_place_a_taken_branch_and_a_moved_branch_refuse_the_return(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    trash: Path,
    tmp_path: Path,
) -> None:
    tip = Oid(worker.tip("HEAD"))
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    worker.path.mkdir()
    with pytest.raises(StateError) as caught:
        restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert caught.value.cause == "something else is there now"
    worker.path.rmdir()
    repository.git("worktree", "add", "-q", str(tmp_path / "taken"), BRANCH)
    with pytest.raises(StateError) as caught:
        restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert caught.value.cause == f"wta/fix is checked out at {tmp_path / 'taken'}"
    repository.git("worktree", "remove", str(tmp_path / "taken"))
    repository.git("update-ref", f"refs/heads/{BRANCH}", "HEAD")
    with pytest.raises(StateError) as caught:
        restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert caught.value.cause == f"wta/fix is now at another commit, {repository.tip('HEAD')}"
    assert sorted(path.name for path in trash.iterdir()) == ["admin", "files"]


def test_only_the_tasks_own_worktree_goes(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    trash: Path,
    tmp_path: Path,
) -> None:
    foreign = repository.worktree(tmp_path / "foreign", "foreign")
    other = LockReason(task="other", owner="state")
    cases = [
        (foreign.path, OWNER, "it is not locked for this task"),
        (worker.path, other, "it is not locked for this task"),
        (repository.path, OWNER, "no worktree is registered there"),
        (tmp_path / "nowhere", OWNER, "no worktree is registered there"),
    ]
    for path, owner, cause in cases:
        with pytest.raises(StateError) as caught:
            trash_worktree(repo, path, trash, owner=owner)
        assert caught.value.cause == cause
    assert len(repository.worktrees()) == 3
    assert not trash.exists()


def test_a_folder_that_only_pretends_is_not_moved(
    repo: Repository,
    worker: RepositoryBuilder,
    trash: Path,
    tmp_path: Path,
) -> None:
    """An agent may leave a link or another repository where its worktree was."""
    aside, victim = tmp_path / "aside", tmp_path / "victim"
    worker.path.rename(aside)
    RepositoryBuilder.create(victim).commit({"precious": "1"})
    worker.path.symlink_to(victim)
    causes = []
    with pytest.raises(StateError) as caught:
        trash_worktree(repo, worker.path, trash, owner=OWNER)
    causes.append(caught.value.cause)
    worker.path.unlink()
    RepositoryBuilder.create(worker.path)
    with pytest.raises(StateError) as caught:
        trash_worktree(repo, worker.path, trash, owner=OWNER)
    causes.append(caught.value.cause)
    assert causes == ["it is not a folder", "its .git is not the file of a linked worktree"]
    assert (victim / "precious").read_text() == "1"
    assert (aside / "f").read_text() == "edited\n"


def test_a_git_file_that_leads_elsewhere_stops_it(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    trash: Path,
) -> None:
    (worker.path / ".git").write_text(f"gitdir: {repository.path}/.git\n")
    with pytest.raises(StateError) as caught:
        trash_worktree(repo, worker.path, trash, owner=OWNER)
    assert caught.value.cause == "its .git leads elsewhere"


def test_one_absent_worktree_is_forgotten_and_no_other(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    tmp_path: Path,
) -> None:
    other = repository.worktree(tmp_path / "other", "other")
    other.path.rename(tmp_path / "away")
    with pytest.raises(StateError) as caught:
        remove_admin(repo, worker.path, owner=OWNER)
    assert caught.value.cause == "its files are still there"
    worker.path.rename(tmp_path / "gone")
    assert remove_admin(repo, worker.path, owner=OWNER)
    assert not remove_admin(repo, worker.path, owner=OWNER)
    assert repository.worktrees() == [repository.path, other.path]
    assert BRANCH in repository.git("branch", "--list", BRANCH)


def test_across_file_systems_it_is_copied_whole(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    sandbox: Sandbox,
    other_disk: Path,
) -> None:
    before, tip = everything(worker), Oid(worker.tip("HEAD"))
    trash = other_disk / "7"
    trash_worktree(repo, worker.path, trash, owner=OWNER)
    assert not worker.path.exists()
    assert sorted(path.name for path in worker.path.parent.iterdir()) == []
    restore_worktree(repo, worker.path, trash, branch=BRANCH, tip=tip)
    assert everything(worker) == before
    assert sandbox.work.exists()
    assert repository.worktrees() == [repository.path, worker.path]
