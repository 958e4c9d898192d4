"""A worktree that is gone is made again, also by a process that is killed on its way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from tests.support.warm import run_text_warm
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import admin_dir
from wtagents.git.keeping.lost import is_lost, make_again
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree

BRANCH, TASK, OWNER = BranchName("wta/fix"), TaskName("fix"), "project-0123456789abcdef"
AGAIN = """\
import os, signal, sys
from pathlib import Path
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.keeping.lost import is_lost, make_again
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree
place, base, step = Path(sys.argv[2]), Oid(sys.argv[3]), int(sys.argv[4])
repo = Repository.at(Path(sys.argv[1]))
who = {"branch": BranchName("wta/fix"), "task": TaskName("fix")}
who["owner"] = "project-0123456789abcdef"
def audit(event, arguments, count=[0]):
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"):
        count[0] += 1
        if count[0] >= step:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
if is_lost(place):
    make_again(repo, place, **who)
else:
    add_worktree(repo, place, base=base, **who)
fill_worktree(repo, place)
"""
NEVER = 10**6


def by_hand(worktree: RepositoryBuilder) -> None:
    """Delete the folder only."""
    shutil.rmtree(worktree.path)


def with_its_registration(worktree: RepositoryBuilder) -> None:
    """Let git forget the worktree, too."""
    main = RepositoryBuilder(worktree.path.parent.parent / "project")
    main.git("worktree", "remove", "--force", "--force", str(worktree.path))


def worked_in(repo: Repository, place: Path, base: Oid) -> RepositoryBuilder:
    """Return the worktree of a task with one commit."""
    add_worktree(repo, place, branch=BRANCH, base=base, task=TASK, owner=OWNER)
    fill_worktree(repo, place)
    worktree = RepositoryBuilder(place)
    worktree.commit({"a.txt": "a\n"}, "Add a")
    return worktree


@pytest.mark.parametrize("lose", [by_hand, with_its_registration])
def test_killed_at_every_step_it_is_simply_called_again(
    repository: RepositoryBuilder,
    repo: Repository,
    place: Path,
    lose: Callable[[RepositoryBuilder], None],
) -> None:
    base = Oid(repository.tip("HEAD"))
    worktree = worked_in(repo, place, base)
    if lose is by_hand:
        worktree.write({"b.txt": "b\n"})
        worktree.git("add", "b.txt")
    files, status, refs = worktree.files(), worktree.status(), repository.refs()
    step, killed = 0, -9
    while killed:
        step += 1
        lose(worktree)
        argv = (AGAIN, str(repository.path), str(place), base)
        killed = run_text_warm(*argv, str(step)).returncode
        done = run_text_warm(*argv, str(NEVER))
        assert done.returncode == 0, (step, done.stderr.decode())
        assert (worktree.files(), worktree.status()) == (files, status), step
        assert repository.refs() == refs
    assert step > 3, "it was killed on its way"


def test_what_is_not_gone_or_not_ours_is_left_alone(
    repository: RepositoryBuilder, repo: Repository, place: Path, tmp_path: Path
) -> None:
    worktree = worked_in(repo, place, Oid(repository.tip("HEAD")))
    assert not is_lost(place)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert not is_lost(tmp_path / "link")
    (tmp_path / "file").touch()
    assert not is_lost(tmp_path / "file")
    by_hand(worktree)
    assert is_lost(place)
    folder = admin_dir(repo, place)
    assert folder is not None
    (folder / "locked").write_text("somebody else's")

    with pytest.raises(StateError) as refused:
        make_again(repo, place, branch=BRANCH, task=TASK, owner=OWNER)

    assert refused.value.message == f"{place} is in the way of the worktree of fix"
    assert not place.exists()
    assert (folder / "index").exists()
