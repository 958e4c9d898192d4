"""Fourteen locks that a killed git may leave: those of the task's own worktree are set aside.

`scripts/soak locks` tries for longer whether a lock of somebody alive ever goes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.processes import run_to_end, start_apart
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.core.ids import BranchName
from wtagents.git.repo import Repository
from wtagents.git.stale_locks import clear_stale_locks
from wtagents.system.process import works_in

TRIALS = int(os.environ.get("WTA_TEST_LOCKS", "30"))
SEED = int(os.environ.get("WTA_TEST_SEED", "1"))
ENDED = datetime(2026, 1, 2, tzinfo=UTC)
OWN = ("worktrees/fix/index.lock", "worktrees/fix/HEAD.lock", "refs/heads/wta/fix.lock")
OTHERS = (
    "index.lock",
    "HEAD.lock",
    "config.lock",
    "packed-refs.lock",
    "shallow.lock",
    "FETCH_HEAD.lock",
    "gc.pid",
    "objects/maintenance.lock",
    "refs/heads/main.lock",
    "refs/heads/wta/other.lock",
    "worktrees/other/index.lock",
)


@pytest.fixture
def locked(repository: RepositoryBuilder, place: Path) -> Path:
    """Two tasks, and every lock there is; return the git directory."""
    repository.worktree(place, "wta/fix")
    repository.worktree(place.with_name("other"), "wta/other")
    common = repository.path / ".git"
    for name in (*OWN, *OTHERS):
        (common / name).write_text("left by a git that was killed\n")
        set_age(common / name, before=timedelta(hours=1))
    return common


def set_age(lock: Path, *, before: timedelta) -> None:
    at = (ENDED - before).timestamp()
    os.utime(lock, (at, at))


def there(common: Path) -> set[str]:
    return {name for name in (*OWN, *OTHERS) if (common / name).exists()}


def clear(repo: Repository, place: Path) -> list[Path]:
    return clear_stale_locks(repo, place, BranchName("wta/fix"), ended_at=ENDED)


def test_only_the_locks_of_the_worktree_go_and_they_are_kept_aside(
    repo: Repository, place: Path, locked: Path
) -> None:
    assert clear(repo, place) == [locked / name for name in OWN]
    assert there(locked) == set(OTHERS)
    aside = sorted(path.name for path in (locked / "worktrees/fix").glob("*.wta-stale"))
    assert aside == ["HEAD.lock.wta-stale", "fix.lock.wta-stale", "index.lock.wta-stale"]
    assert clear(repo, place) == []


def test_a_lock_that_was_taken_since_the_end_is_somebodys(
    repo: Repository, place: Path, locked: Path
) -> None:
    set_age(locked / OWN[0], before=timedelta(seconds=-1))
    assert clear(repo, place) == [locked / name for name in OWN[1:]]
    assert there(locked) == {OWN[0], *OTHERS}


def test_while_a_git_works_there_nothing_goes(repo: Repository, place: Path, locked: Path) -> None:
    at_work = start_apart(["git", "cat-file", "--batch"], cwd=place)
    wait_until(lambda: works_in(place, program="git"), what="git in the worktree")
    assert (clear(repo, place), there(locked)) == ([], {*OWN, *OTHERS})
    at_work.communicate()
    assert len(clear(repo, place)) == len(OWN)


def test_no_lock_of_anybody_alive_goes_at_random(
    repository: RepositoryBuilder, repo: Repository, place: Path, locked: Path
) -> None:
    """Locks come and go and are of any age; sometimes a person's commit waits for its words."""
    chance = random.Random(SEED)  # noqa: S311 - a seed that can be repeated
    for lock in (locked / name for name in (*OWN, *OTHERS)):
        lock.unlink()
    for _ in range(TRIALS):
        there_now = {name for name in (*OWN, *OTHERS) if chance.random() < 0.5}
        ages = {name: chance.uniform(-100, 100) for name in there_now}
        for name, age in ages.items():
            (locked / name).write_text("somebody's\n")
            set_age(locked / name, before=timedelta(seconds=age))
        stale = {name for name in set(OWN) & there_now if ages[name] > 0}
        if chance.random() < 0.1:
            for name in OWN:
                (locked / name).unlink(missing_ok=True)
            with a_commit_that_waits(place) as lock:
                set_age(lock, before=timedelta(seconds=50))
                assert clear(repo, place) == []
                assert lock.exists()
        else:
            assert set(clear(repo, place)) == {locked / name for name in stale}
            assert there(locked) == there_now - stale
        for name in there(locked):
            (locked / name).unlink()
    assert repository.git("fsck") == ""


@contextmanager
def a_commit_that_waits(place: Path) -> Iterator[Path]:
    """Let a person's `git commit` hold the lock on the index for the length of a block."""
    words = place / "words"
    (place / "draft").write_text("d")
    editor = f"GIT_EDITOR=until test -e {words}; do sleep 0.01; done; cp {words}"
    git = ["git", "-C", str(place)]
    committing = start_apart(["env", editor, *git, "commit", "-q", "--all", "--allow-empty"])
    lock = Path(run_to_end([*git, "rev-parse", "--git-path", "index.lock"]).stdout.decode().strip())
    wait_until(lock.exists)
    try:
        yield lock
    finally:
        words.write_text("Said\n")
        committing.communicate()
        words.unlink()
