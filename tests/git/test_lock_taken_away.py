"""A landing is cut off, or lives, and a person removes its `index.lock`, as git says to do."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.git.test_advance import MAIN, Steps, mark
from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import admin_dir
from wtagents.git.advancing.advance import Advanced, Moved, advance
from wtagents.git.advancing.lock import CheckoutBusy
from wtagents.git.advancing.settle import Settled, finish_advance, unsettled
from wtagents.git.repo import GitResult, Repository
from wtagents.git.worktrees import add_worktree, fill_worktree


class CutOff(Steps):
    """The index names the new commit, main and the files are the old ones; nobody has a lock."""

    def __init__(self, repository: RepositoryBuilder) -> None:
        super().__init__(repository)
        folder = repository.path / ".git"
        (folder / "wta-kept").write_bytes((folder / "index").read_bytes())
        repository.git("read-tree", "-i", "-m", self.old, self.new)
        mark(self).rename(folder / "wta-advance")

    def move_main(self) -> None:
        self.built.git("update-ref", "refs/heads/main", self.new, self.old)

    def left(self) -> list[str]:
        return self.locks(self.built)

    def settled(self, *spared: str) -> list[Settled]:
        return [Settled(checkout=self.built.path, spared=spared)]


def places(repo: Repository) -> list[Path]:
    return [each.path for each in unsettled(repo)]


@pytest.fixture
def cut(repository: RepositoryBuilder) -> CutOff:
    return CutOff(repository)


def test_nothing_of_it_stays_in_a_checkout_that_waits_for_it(cut: CutOff, repo: Repository) -> None:
    cut.move_main()
    assert finish_advance(repo) == cut.settled()
    assert cut.is_new()


def test_nothing_of_it_stays_in_the_index_before_the_swap(cut: CutOff, repo: Repository) -> None:
    """The next advance would take the files for those of the index, and not touch them."""
    assert finish_advance(repo) == cut.settled()
    assert (cut.is_old(), cut.built.status(), cut.left()) == (True, [], [])


@pytest.mark.parametrize("has_moved", [False, True])
def test_it_does_not_go_along_to_what_a_person_checks_out(
    cut: CutOff, repo: Repository, *, has_moved: bool
) -> None:
    """Back on main it would be half there, for the next commit to take back or to bring along."""
    if has_moved:
        cut.move_main()
    cut.built.git("checkout", "--quiet", "--detach")
    cut.built.write({"same": "edited\n", "mine": "staged\n"})
    cut.built.git("add", "mine")
    assert finish_advance(repo) == cut.settled()
    assert (cut.built.status(), cut.left()) == (["A  mine", " M same"], [])
    cut.built.git("update-ref", "refs/heads/main", cut.new)
    cut.built.git("checkout", "--quiet", "main")
    assert cut.built.status() == ["A  mine", " M same"]
    assert (cut.built.path / "changed").read_text() == "new\n"


def test_a_branch_with_versions_of_its_own_keeps_them(cut: CutOff, repo: Repository) -> None:
    """And what a person writes there: of the landing's paths, and of all others."""
    other = cut.built.git("commit-tree", "-p", cut.old, "-m", "x", f"{cut.new}^{{tree}}")
    cut.built.git("branch", "feature", other)
    cut.built.git("symbolic-ref", "HEAD", "refs/heads/feature")
    cut.built.write({"changed": "mine\n", "gone": "staged\n", "same": None})
    cut.built.git("add", "gone")
    assert finish_advance(repo) == cut.settled("changed", "gone")
    assert cut.built.status() == [" M changed", "A  gone", " D same"]
    found = [(cut.built.path / name).read_text() for name in ("changed", "gone", "dir", "run.log")]
    assert found == ["mine\n", "staged\n", "a file now\n", "landed\n"]
    assert (cut.built.tip("feature"), cut.left()) == (other, [])


def test_what_a_person_commits_on_top_of_it_stays(cut: CutOff, repo: Repository) -> None:
    cut.move_main()
    cut.built.write({"run.log": "mine\n"})
    cut.built.git("rm", "--quiet", "--force", "changed")
    cut.built.git("commit", "--quiet", "-m", "Mine", "--", "changed", "run.log")
    assert finish_advance(repo) == cut.settled()
    assert (cut.built.status(), cut.left()) == ([], [])
    names = {".gitignore", "same", "run.log", "added/file", "dir"}
    assert set(cut.built.git("ls-tree", "-r", "--name-only", "HEAD").splitlines()) == names
    assert (cut.built.path / "run.log").read_text() == "mine\n"


def test_what_others_pushed_and_a_person_staged_meanwhile_stays(
    cut: CutOff, repo: Repository
) -> None:
    """Main is somewhere else altogether: only what the landing had written is taken out."""
    blob = cut.built.git("hash-object", "-w", "--stdin", stdin=b"pushed\n")
    was = cut.built.git("rev-parse", f"{cut.old}:changed")
    listing = cut.built.git("ls-tree", cut.old).replace(was, blob)
    tree = cut.built.git("mktree", stdin=f"{listing}\n100644 blob {blob}\tfresh\n".encode())
    pushed = cut.built.git("commit-tree", "-p", cut.old, "-m", "Push", tree)
    cut.built.git("update-ref", "refs/heads/main", pushed)
    cut.built.write({"mine": "staged\n"})
    cut.built.git("add", "mine")
    assert finish_advance(repo) == cut.settled()
    cut.built.git("symbolic-ref", "HEAD", "refs/heads/main")
    cut.built.git("reset", "--soft", cut.old)
    assert (cut.built.status(), cut.left()) == (["A  mine"], [])


def test_the_lock_of_a_person_stays_and_the_next_time_is_soon_enough(
    cut: CutOff, repo: Repository
) -> None:
    lock = cut.built.path / ".git/index.lock"
    lock.write_bytes(b"")
    before = cut.built.git("ls-files", "--stage")
    assert (finish_advance(repo), places(repo)) == ([], [cut.built.path])
    assert isinstance(advance(repo, MAIN, cut.old, cut.new), CheckoutBusy)
    assert (lock.read_bytes(), cut.built.git("ls-files", "--stage")) == (b"", before)
    lock.unlink()
    (cut.built.path / ".git/MERGE_HEAD").write_text(f"{cut.new}\n")
    assert (finish_advance(repo), lock.exists()) == ([], False)
    (cut.built.path / ".git/MERGE_HEAD").unlink()
    assert (finish_advance(repo), unsettled(repo)) == (cut.settled(), [])
    assert (cut.built.status(), cut.left()) == ([], [])


def test_an_index_with_conflicts_is_left_without_a_lock(cut: CutOff, repo: Repository) -> None:
    """Such as `git stash pop` leaves; git cannot go on before the person has."""
    blobs = [cut.built.git("rev-parse", f"{oid}:changed") for oid in (cut.old, cut.new, cut.old)]
    stages = [f"100644 {blob} {at}\tsame\n" for at, blob in enumerate(blobs, 1)]
    cut.built.git("update-index", "--force-remove", "same")
    cut.built.git("update-index", "--index-info", stdin="".join(stages).encode())
    assert (finish_advance(repo), places(repo)) == ([], [cut.built.path])
    assert not (cut.built.path / ".git/index.lock").exists()
    cut.built.git("add", "same")
    assert (finish_advance(repo), cut.left()) == (cut.settled(), [])


def test_an_agent_that_says_so_of_its_own_worktree_is_not_believed(
    cut: CutOff, repo: Repository, tmp_path: Path
) -> None:
    finish_advance(repo)
    place = tmp_path / "fix"
    add_worktree(
        repo, place, branch=BranchName("wta/fix"), base=cut.old, task=TaskName("fix"), owner="me"
    )
    fill_worktree(repo, place)
    folder = admin_dir(repo, place)
    assert folder is not None
    said = {"mark": "wta advance v1", "target": "main", "old": cut.new, "new": cut.old}
    (folder / "wta-advance").write_text(json.dumps(said))
    os.mkfifo(folder / "index.lock")
    assert (finish_advance(repo), unsettled(repo)) == ([], [])
    assert (folder / "wta-advance").exists()


class LockTaken(Repository):
    """A repository whose person takes the lock away as main moves, and does something there."""

    __slots__ = ()
    deed: ClassVar[tuple[str, ...]] = ()
    is_early: ClassVar[bool] = True

    def git(self, *args: str, **how: Any) -> GitResult:
        is_swap = args[0] == "update-ref"
        if is_swap and self.is_early:
            self.act()
        done = super().git(*args, **how)
        if is_swap and not self.is_early:
            self.act()
        return done

    def act(self) -> None:
        built = RepositoryBuilder(self.common_dir.parent)
        (self.common_dir / "index.lock").unlink()
        built.write({"mine": "staged\n"})
        built.git("add", "mine")
        if self.deed:
            built.git(*self.deed)
        built.write({"mine": "edited\n"})


@pytest.fixture
def steps(repository: RepositoryBuilder) -> Steps:
    return Steps(repository)


@pytest.mark.parametrize("is_early", [True, False])
def test_what_is_staged_beside_a_living_landing_stays(
    steps: Steps, repo: Repository, *, is_early: bool
) -> None:
    LockTaken.deed, LockTaken.is_early = (), is_early
    taken = LockTaken(common_dir=repo.common_dir, git_dir=repo.git_dir)
    settled = (Settled(checkout=steps.built.path),)
    expected = Advanced(checkouts=(steps.built.path,), settled=settled)
    assert advance(taken, MAIN, steps.old, steps.new) == expected
    assert (steps.built.tip("main"), steps.built.status()) == (steps.new, ["AM mine"])
    assert steps.built.git("show", ":mine") == "staged"
    assert (steps.locks(steps.built), unsettled(repo)) == ([], [])


def test_a_commit_that_takes_along_what_is_landing_is_named(steps: Steps, repo: Repository) -> None:
    """Its index named the new commit: git cannot tell. The checkout goes to where HEAD is."""
    LockTaken.deed, LockTaken.is_early = ("commit", "--quiet", "-m", "Mine"), True
    taken = LockTaken(common_dir=repo.common_dir, git_dir=repo.git_dir)
    moved = advance(taken, MAIN, steps.old, steps.new)
    mine = Oid(steps.built.tip("main"))
    assert moved == Moved(actual=mine, took_along=mine)
    assert steps.built.git("rev-parse", "main~1") == steps.old
    assert (steps.built.status(), steps.locks(steps.built)) == ([" M mine"], [])
    assert (steps.built.path / "changed").read_text() == "new\n"


def test_a_commit_of_other_files_took_nothing_along(steps: Steps, repo: Repository) -> None:
    deed = ("commit", "--quiet", "-m", "Mine", "--only", "mine")
    LockTaken.deed, LockTaken.is_early = deed, True
    taken = LockTaken(common_dir=repo.common_dir, git_dir=repo.git_dir)
    moved = advance(taken, MAIN, steps.old, steps.new)
    assert moved == Moved(actual=Oid(steps.built.tip("main")))
    assert (steps.built.status(), steps.locks(steps.built)) == ([" M mine"], [])
    assert (steps.built.path / "changed").read_text() == "old\n"
