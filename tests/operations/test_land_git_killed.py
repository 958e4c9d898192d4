"""The git commands of a landing, and those of a person, are killed at random: nothing is lost.

`scripts/soak gits` kills more of them.
"""

from __future__ import annotations

import os
import random
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.support.mortal_git import LONGEST, MortalGit
from wtagents.core.errors import WtaError
from wtagents.core.landing.merge import MergeState
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
PERSON = {
    "commit": (("commit", "--quiet", "-m", "Commit what was added"), "index.lock"),
    "rebase": (("rebase", "--quiet", "--force-rebase", "HEAD~1"), "rebase-merge"),
    "fetch": (("fetch", "--quiet", ".", "+HEAD:refs/heads/side"), "refs/heads/side.lock"),
}
"""What a person does, and the file at whose sight it is killed."""
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
            kind = chance.choice(sorted(PERSON))
            subjects += person_is_killed(fleet, git, kind, f"mine-{number}")
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


def person_is_killed(fleet: Fleet, git: MortalGit, kind: str, name: str) -> list[str]:
    """Let a command of a person be killed; what it leaves is the person's to take away.

    Returns the subjects of what is on main because of it.
    """
    folder, file = fleet.main.path / ".git", f"{name}.txt"
    if kind == "commit":
        fleet.main.write({file: f"{name}\n"})
        fleet.main.git("add", file)
    command, watched = PERSON[kind]
    git.kill(1, file=folder / watched)
    with suppress(AssertionError):
        fleet.main.git(*command)
    git.spare()
    left = locks(folder)
    fleet.task(f"beside-{name}", {f"beside-{file}": "x\n"}, subject=f"Add beside-{name}")
    land(fleet, f"beside-{name}")
    assert locks(folder) == left
    blocking = {"index.lock", "HEAD.lock", "refs/heads/main.lock"}.intersection(left)
    is_busy = bool(blocking) or (folder / "rebase-merge").exists()
    assert fleet.request(f"beside-{name}").state is (
        MergeState.REJECTED if is_busy else MergeState.MERGED
    ), (kind, left)
    tidy_up(fleet, left)
    land(fleet, f"beside-{name}")
    if kind != "commit":
        return [f"Add beside-{name}"]
    if fleet.main.status():
        fleet.main.git("commit", "--quiet", "-m", "Commit what was added")
    return [f"Add beside-{name}", "Commit what was added"]


def tidy_up(fleet: Fleet, left: set[str]) -> None:
    """Do what git tells a person to do after a crash."""
    folder = fleet.main.path / ".git"
    for lock in left.difference(FOREIGN):
        (folder / lock).unlink()
    if (folder / "rebase-merge").exists():
        try:
            fleet.main.git("rebase", "--abort")
        except AssertionError:
            shutil.rmtree(folder / "rebase-merge")
    fleet.main.git("update-index", "-q", "--refresh")


def locks(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.lock")}


def require_all(fleet: Fleet, subjects: list[str]) -> None:
    """Every commit is on main once, the checkout is as main is, and no lock of ours is left."""
    assert sorted(fleet.main.subjects()[:-2]) == sorted(subjects)
    assert fleet.main.status() == []
    folder = fleet.main.path / ".git"
    assert locks(folder) <= set(FOREIGN)
    assert list(folder.glob("wta-*")) == []
