"""The git commands of a landing, and those of a person, are killed at random: nothing is lost.

`scripts/soak gits` kills more of them.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from tests.support.mortal_git import LONGEST, MortalGit
from wtagents.core.errors import WtaError
from wtagents.core.landing.merge import Rejection
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.ready_tasks import Fleet

KILLS = int(os.environ.get("WTA_TEST_GIT_KILLS", "4"))
SEED = int(os.environ.get("WTA_TEST_SEED", "1"))
AT_THE_SWAP = 0.3
SWAP = "update-ref --no-deref --create-reflog -m wta: land "
OF_A_PERSON = 8
"""One kill in so many is that of a person's own command."""
FOREIGN = ("packed-refs.lock", "config.lock", "refs/heads/other.lock", "objects/tmp_obj_x")


def test_git_is_killed_at_random(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a seed that can be repeated
    folder = fleet.main.path / ".git"
    fleet.main.commit({"story.txt": "begin\n"}, "Begin a story")
    fleet.use(gate=["test -e story.txt"])
    for name in FOREIGN:
        (folder / name).write_bytes(b"")
    git = MortalGit(tmp_path / "mortal", sandbox)
    fleet.task("first", {"first.txt": "first\n"}, subject="Add first")
    fleet.land("first")
    commands, subjects = git.began, ["Add first"]
    swap = 1 + next(at for at, said in enumerate(commands) if f"{SWAP}refs/heads/main" in said)
    for number in range(KILLS):
        name = f"task-{number}"
        fleet.task(name, {f"{name}.txt": f"{name}\n"}, subject=f"Add {name}")
        if number % OF_A_PERSON == OF_A_PERSON - 1:
            subjects += person_is_killed(fleet, git, f"mine-{number}", folder / "index.lock")
        if chance.random() < AT_THE_SWAP:
            git.kill(swap, file=folder / chance.choice(["refs/heads/main.lock", "HEAD.lock"]))
        else:
            at = chance.randint(1, len(commands))
            git.kill(at, looks=int(LONGEST ** chance.random()))
        land(fleet, name)
        git.spare()
        land(fleet, name)
        subjects.append(f"Add {name}")
        require_all(fleet, subjects)
    assert len(git.killed) >= KILLS // 3
    assert [name for name in FOREIGN if not (folder / name).exists()] == []
    assert fleet.main.git("fsck", "--no-dangling") == ""


def land(fleet: Fleet, name: str) -> None:
    """Ask for a landing, unless the last one came to its end."""
    try:
        merge(fleet.context, MergeRequestOptions(names=(name,)))
    except WtaError:
        return


def person_is_killed(fleet: Fleet, git: MortalGit, name: str, lock: Path) -> list[str]:
    """Let a person's commit be killed; what it leaves is the person's to take away."""
    fleet.main.write({f"{name}.txt": f"{name}\n"})
    fleet.main.git("add", f"{name}.txt")
    git.kill(1, file=lock)
    try:
        fleet.main.git("commit", "--quiet", "-m", f"Add {name}")
    except AssertionError:
        fleet.task(f"beside-{name}", {f"beside-{name}.txt": "x\n"}, subject=f"Add beside-{name}")
        git.spare()
        before = sorted(lock.parent.glob("*.lock"))
        land(fleet, f"beside-{name}")
        assert sorted(lock.parent.glob("*.lock")) == before
        if lock.exists():
            assert fleet.request(f"beside-{name}").rejection is Rejection.CHECKOUT_BUSY
        for left in (lock, lock.with_name("HEAD.lock"), lock.parent / "refs/heads/main.lock"):
            left.unlink(missing_ok=True)
        land(fleet, f"beside-{name}")
        fleet.main.git("add", f"{name}.txt")
        fleet.main.git("commit", "--quiet", "--allow-empty", "-m", f"Add {name} again")
        made = [f"Add beside-{name}", f"Add {name} again"]
        return [*made, f"Add {name}"] if f"Add {name}" in fleet.main.subjects() else made
    git.spare()
    return [f"Add {name}"]


def require_all(fleet: Fleet, subjects: list[str]) -> None:
    """Every commit is on main once, the checkout is as main is, and no lock of ours is left."""
    assert sorted(fleet.main.subjects()[:-2]) == sorted(subjects)
    assert fleet.main.status() == []
    folder = fleet.main.path / ".git"
    left = [path.relative_to(folder).as_posix() for path in folder.rglob("*.lock")]
    assert set(left) <= set(FOREIGN)
    assert list(folder.glob("wta-*")) == []
