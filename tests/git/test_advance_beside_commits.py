"""A person commits in the very moment in which a target and its checkout move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.git.test_advance import MAIN, Steps, mark
from tests.support.repository import RepositoryBuilder
from wtagents.git.advancing.advance import Advanced, advance
from wtagents.git.advancing.lock import CheckoutDirty, Mark
from wtagents.git.advancing.settle import Settled, bring_along, finish_advance
from wtagents.git.repo import GitError, GitResult, Repository
from wtagents.system.command import Completed


@pytest.fixture
def steps(repository: RepositoryBuilder) -> Steps:
    return Steps(repository)


def moved(steps: Steps) -> Mark:
    return Mark(target=MAIN, old=steps.old, new=steps.new)


def test_who_sees_the_new_tip_sees_the_new_index(
    steps: Steps, repo: Repository, tmp_path: Path
) -> None:
    """Else `git commit`, which has no lock yet when it reads them, takes the landing back.

    A filter looks while the files are updated: the tip has moved, and the lock is still held.
    """
    seen = tmp_path / "seen"
    look = "git rev-parse HEAD; git diff-index --cached --quiet HEAD; echo $?"
    smudge = tmp_path / "smudge"
    smudge.write_text(
        "#!/bin/sh\nunset $(git rev-parse --local-env-vars)\n"
        f"cd {steps.built.path}; ({look}) >> {seen}; exec cat\n"
    )
    smudge.chmod(0o755)
    steps.built.git("config", "filter.look.smudge", str(smudge))
    steps.built.git("config", "filter.look.clean", "cat")
    (steps.built.path / ".git/info/attributes").write_text("changed filter=look\n")
    assert isinstance(advance(repo, MAIN, steps.old, steps.new), Advanced)
    assert seen.read_text().splitlines() == [steps.new, "0"]
    assert steps.is_new()


def test_dying_before_the_swap_takes_the_announcement_back(steps: Steps, repo: Repository) -> None:
    steps.built.write({"same": "edited\n", "mine": "staged\n"})
    steps.built.git("add", "mine")
    steps.built.git("read-tree", "-i", "-m", steps.old, steps.new)
    (steps.built.path / ".git/wta-kept").write_bytes(b"half")
    mark(steps)
    assert finish_advance(repo) == [Settled(checkout=steps.built.path)]
    assert steps.is_old()
    assert steps.built.status() == ["A  mine", " M same"]
    assert steps.locks(steps.built) == []


def test_a_refused_swap_leaves_the_index_as_it_was(steps: Steps, repo: Repository) -> None:
    """The ref is held by somebody who is about to move it."""
    lock = steps.built.path / ".git/refs/heads/main.lock"
    steps.built.write({"mine": "staged\n"})
    steps.built.git("add", "mine")
    before = steps.built.git("ls-files", "--stage")
    lock.write_bytes(b"")
    with pytest.raises(GitError):
        advance(repo, MAIN, steps.old, steps.new)
    lock.unlink()
    assert steps.is_old()
    assert steps.built.git("ls-files", "--stage") == before
    assert steps.built.status() == ["A  mine"]
    assert steps.locks(steps.built) == []


class EditedMeanwhile(Repository):
    """A repository in whose checkout a person writes as soon as the ref has moved."""

    __slots__ = ()

    def git(self, *args: str, **how: Any) -> GitResult:
        done = super().git(*args, **how)
        if args[0] == "update-ref":
            (self.common_dir.parent / "changed").write_text("edited\n")
        return done


def test_an_edit_that_comes_as_the_ref_moves_takes_it_back(steps: Steps, repo: Repository) -> None:
    """The person can go on at once: no lock is left that only the next landing would take away."""
    edited = EditedMeanwhile(common_dir=repo.common_dir, git_dir=repo.git_dir)
    refused = CheckoutDirty(checkout=steps.built.path, paths=("changed",))
    assert advance(edited, MAIN, steps.old, steps.new) == refused
    assert (steps.is_old(), steps.built.status()) == (True, [" M changed"])
    assert steps.locks(steps.built) == []


def test_a_checkout_that_came_while_the_target_moved_is_brought_along(
    steps: Steps, repo: Repository
) -> None:
    """A `git checkout main` had read the old tip, and named main when it had moved."""
    steps.built.git("update-ref", "refs/heads/main", steps.new, steps.old)
    steps.built.write({"same": "edited\n"})
    bring_along(repo, moved(steps))
    assert (steps.built.status(), steps.locks(steps.built)) == ([" M same"], [])
    bring_along(repo, moved(steps))
    assert steps.built.status() == [" M same"]


def test_an_edit_in_the_way_of_a_late_checkout_is_spared(steps: Steps, repo: Repository) -> None:
    """The rest goes on: an old index under the new tip would take the landing back."""
    steps.built.git("update-ref", "refs/heads/main", steps.new, steps.old)
    steps.built.write({"changed": "edited\n", "mine": "staged\n"})
    steps.built.git("add", "mine")
    settled = Settled(checkout=steps.built.path, spared=("changed",))
    assert bring_along(repo, moved(steps)) == [settled]
    assert (steps.built.path / "changed").read_text() == "edited\n"
    assert (steps.built.status(), steps.locks(steps.built)) == ([" M changed", "A  mine"], [])


def test_what_a_dead_advance_kept_is_not_put_into_the_index_later(
    steps: Steps, repo: Repository
) -> None:
    (steps.built.path / ".git/wta-kept").write_bytes(b"long ago")
    steps.built.write({"changed": "edited\n", "mine": "staged\n"})
    steps.built.git("add", "mine")
    refused = CheckoutDirty(checkout=steps.built.path, paths=("changed",))
    assert advance(repo, MAIN, steps.old, steps.new) == refused
    assert (steps.built.status(), steps.locks(steps.built)) == ([" M changed", "A  mine"], [])


class SwapKilled(Repository):
    """A repository whose git is killed as soon as it has moved the ref."""

    __slots__ = ()

    def git(self, *args: str, **how: Any) -> GitResult:
        done = super().git(*args, **how)
        if args[0] == "update-ref":
            ended = Completed(argv=args, returncode=-9, stdout=b"", stderr=b"", timed_out=False)
            raise GitError(args, ended)
        return done


def test_a_git_that_is_killed_when_the_ref_has_moved_has_moved_it(
    steps: Steps, repo: Repository
) -> None:
    killed = SwapKilled(common_dir=repo.common_dir, git_dir=repo.git_dir)
    settled = (Settled(checkout=steps.built.path),)
    expected = Advanced(checkouts=(steps.built.path,), settled=settled)
    assert advance(killed, MAIN, steps.old, steps.new) == expected
    assert steps.is_new()
