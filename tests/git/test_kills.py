"""SIGKILL at every git command and inside of them: the next call converges."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.git.racers import Place, Step, add, add_and_fill, advance_once
from tests.support.environment import Sandbox
from tests.support.forking import end_apart
from tests.support.processes import kill_hard, run_to_end, start_apart
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.git.advancing.settle import finish_advance
from wtagents.git.repo import Repository
from wtagents.system.folders.rooms import sweep_rooms
from wtagents.system.lock import is_held
from wtagents.system.paths import StatePaths

KILLED, INTERRUPTED = -9, -2
COMMANDS_OF_AN_ADVANCE = 6
GIT = """\
#!/bin/sh
# Counts the git commands of a test; at the chosen one it kills or interrupts whoever called.
count=$(($(cat '{folder}/count') + 1))
echo $count > '{folder}/count'
if [ $count -eq {at} ] && [ {when} = before ]; then kill -9 $PPID; exit 1; fi
'{git}' "$@"
status=$?
if [ $count -eq {at} ] && [ {when} = interrupt ]; then kill -2 $PPID; sleep 1; fi
if [ $count -eq {at} ]; then kill -9 $PPID; fi
exit $status
"""
INNER_GIT = """\
#!/bin/sh
# Counts the git commands that git itself starts; at the chosen one caller and outer git die.
count=$(($(cat '{folder}/count') + 1))
echo $count > '{folder}/count'
GIT_EXEC_PATH='{folder}'; export GIT_EXEC_PATH
if [ $count -ne {at} ]; then exec '{git}' "$@"; fi
if [ {when} = after ]; then '{git}' "$@"; fi
kill -9 $(cat '{folder}/victim') $PPID
"""
SLOW_FILTER = """\
#!/bin/sh
# A smudge filter that waits, from the chosen file on, until it may go.
count=$(($(cat '{folder}/files') + 1))
echo $count > '{folder}/files'
while [ $count -ge {at} ] && [ ! -e '{folder}/go' ]; do sleep 0.02; done
cat
"""
FILTER = """\
#!/bin/sh
# A smudge filter that kills git, and before it the caller of git, at the chosen file.
count=$(($(cat '{folder}/files') + 1))
echo $count > '{folder}/files'
if [ $count -eq {at} ]; then
    if [ {caller} = caller ]; then kill -9 $(cat '{folder}/victim'); fi
    kill -9 $PPID
fi
cat
"""
VICTIM = """\
import importlib, json, os, sys
from pathlib import Path
folder, name, argument = sys.argv[1:]
Path(folder, "victim").write_text(str(os.getpid()))
module, _, function = name.partition(":")
getattr(importlib.import_module(module), function)(json.loads(argument))
"""


class Killer:
    """Runs a function in a process of its own that dies at a chosen point."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._folder = folder
        self._sandbox = sandbox
        self._path = os.environ["PATH"]
        folder.mkdir()

    def at_command(self, at: int, when: str, *, script: str = GIT) -> None:
        """Die before or after the git command of this number."""
        git = run_to_end(["sh", "-c", "command -v git"]).stdout.decode().strip()
        self._write("git", script.format(folder=self._folder, git=git, at=at, when=when))
        (self._folder / "count").write_text("0\n")
        self._sandbox.set_variable("PATH", f"{self._folder}{os.pathsep}{self._path}")

    def at_file(self, at: int, repository: RepositoryBuilder, *, caller: bool) -> None:
        """Die when git checks out the file of this number; git alone, or its caller too."""
        who = "caller" if caller else "git"
        self._filter(FILTER.format(folder=self._folder, at=at, caller=who), repository)

    def orphan_git(
        self,
        at: int,
        repository: RepositoryBuilder,
        function: Callable[[Any], Any],
        argument: Any,
    ) -> Path:
        """Kill the caller while git checks out the file of this number, and let git live.

        Returns the file whose creation lets git go on.
        """
        self._filter(SLOW_FILTER.format(folder=self._folder, at=at), repository)
        with start_apart(self._argv(function, argument)) as victim:
            files = self._folder / "files"
            wait_until(lambda: (files.read_text() or "0") == f"{at}\n", what="git is at work")
            kill_hard(victim.pid)
        return self._folder / "go"

    def _filter(self, text: str, repository: RepositoryBuilder) -> None:
        path = self._write("filter", text)
        (self._folder / "files").write_text("0\n")
        repository.git("config", "filter.deadly.smudge", str(path))
        info = repository.path / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text("* filter=deadly\n")

    def run(self, function: Callable[[Any], Any], argument: Any) -> int:
        """Return the exit status of the victim; afterwards nothing kills any more."""
        victim = self._folder / "victim"

        def live() -> None:
            victim.write_text(str(os.getpid()))
            function(argument)

        status = end_apart(live)
        self._sandbox.set_variable("PATH", self._path)
        (self._folder / "files").write_text("1000\n")
        return status

    def commands(self) -> int:
        """Return how many git commands the victim started."""
        return int((self._folder / "count").read_text())

    def _argv(self, function: Callable[[Any], Any], argument: Any) -> list[str]:
        name = f"{function.__module__}:{function.__qualname__}"
        return [sys.executable, "-c", VICTIM, str(self._folder), name, json.dumps(argument)]

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path


@pytest.fixture
def killer(tmp_path: Path, sandbox: Sandbox) -> Killer:
    return Killer(tmp_path / "killer", sandbox)


@pytest.fixture
def place(repository: RepositoryBuilder, tmp_path: Path) -> Place:
    base = repository.commit({f"d{number}/f": f"{number}\n" * 50 for number in range(40)})
    (tmp_path / "worktrees").mkdir()
    return Place(
        repository=str(repository.path), root=str(tmp_path / "worktrees"), name="fix", base=base
    )


def require_whole(repository: RepositoryBuilder, place: Place) -> None:
    """Assert that there is exactly the one worktree, complete, and no leftover."""
    made = RepositoryBuilder(Path(place["root"]) / place["name"])
    assert repository.worktrees() == [repository.path, made.path]
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/wta/fix"
    assert made.status() == []
    assert len(made.files()) == 41
    assert set(repository.refs()) == {"refs/heads/main", "refs/heads/wta/fix"}
    assert [path.name for path in (repository.path / ".git/worktrees").iterdir()] == ["fix"]
    assert not list((repository.path / ".git").rglob("*.lock"))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_making_a_worktree_is_repeated_after_a_death_at_any_git_command(
    repository: RepositoryBuilder, place: Place, killer: Killer, at: int, when: str
) -> None:
    killer.at_command(at, when)
    assert killer.run(add_and_fill, place) == KILLED
    add_and_fill(place)
    require_whole(repository, place)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", [2, 3])
def test_adding_is_repeated_after_a_death_in_the_middle_of_git(
    repository: RepositoryBuilder, place: Place, killer: Killer, at: int, when: str
) -> None:
    """Some versions of git start themselves twice to add a worktree: for the branch, for HEAD."""
    killer.at_command(at, when, script=INNER_GIT)
    ended = killer.run(add, place)
    if ended == 0 and killer.commands() < at:
        pytest.skip("this git does it in one process less")
    assert (ended, killer.commands()) == (KILLED, at)
    add_and_fill(place)
    require_whole(repository, place)


@pytest.mark.parametrize("caller", [True, False], ids=["both die", "git dies"])
@pytest.mark.parametrize("at", [1, 20, 41])
def test_filling_is_repeated_after_a_death_at_any_file(
    repository: RepositoryBuilder, place: Place, killer: Killer, at: int, *, caller: bool
) -> None:
    add(place)
    killer.at_file(at, repository, caller=caller)
    assert killer.run(add_and_fill, place) == (KILLED if caller else 1)
    left = repository.path / ".git/worktrees/fix"
    assert (left / "index.lock").exists()
    assert not (left / "index").exists()
    add_and_fill(place)
    require_whole(repository, place)


def test_a_git_that_outlives_its_caller_is_waited_for(
    repository: RepositoryBuilder, place: Place, killer: Killer
) -> None:
    add(place)
    go = killer.orphan_git(10, repository, add_and_fill, place)
    left = repository.path / ".git/worktrees/fix"
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(add_and_fill, place)
        try:
            assert is_held(left)
            assert (left / "index.lock").exists()
            assert not again.done()
        finally:
            go.touch()
        assert again.result(timeout=30) == "made"
    require_whole(repository, place)


@pytest.fixture
def step(repository: RepositoryBuilder) -> Step:
    old = repository.commit({f"d{number}/f": "old\n" * 50 for number in range(20)}, "Old")
    files: dict[str, str | bytes | None] = {
        f"d{number}/f": "new\n" * 70 if number % 3 else None for number in range(20)
    }
    new = repository.commit(files | {"added/f": "new\n"}, "New")
    repository.git("reset", "--quiet", "--hard", old)
    repository.write({"mine": "untracked\n"})
    return Step(repository=str(repository.path), branch="main", old=old, new=new)


@pytest.fixture
def temporary(tmp_path: Path, sandbox: Sandbox) -> Path:
    """Return where programs of the test would leave temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    sandbox.set_variable("TMPDIR", str(folder))
    return folder


def left_rooms(repo: Repository) -> list[Path]:
    """Return the rooms that a sweep leaves."""
    rooms = StatePaths.of_repository(repo.common_dir).rooms
    sweep_rooms(rooms)
    return list(rooms.glob("*"))


def settle(repo: Repository) -> None:
    """Finish the advance once the last command of the dead process has ended, too."""
    wait_until(lambda: not is_held(repo.common_dir / "index.lock"), what="the lock is free")
    finish_advance(repo)


def require_settled(repository: RepositoryBuilder, step: Step) -> None:
    """Assert that ref, index and files agree on the old or the new commit, and work is kept."""
    assert repository.tip("main") in (step["old"], step["new"])
    assert repository.status() == ["?? mine"]
    folder = repository.path / ".git"
    assert not list(folder.rglob("*.lock"))
    assert [path.name for path in folder.iterdir() if path.name.startswith("wta")] == []


def test_no_git_command_of_an_advance_is_left_out_of_the_next_test(
    step: Step, killer: Killer
) -> None:
    killer.at_command(1000, "before")
    assert killer.run(advance_once, step) == 0
    assert killer.commands() == COMMANDS_OF_AN_ADVANCE


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, COMMANDS_OF_AN_ADVANCE + 1))
def test_an_advance_is_settled_after_a_death_at_any_git_command(
    repository: RepositoryBuilder,
    repo: Repository,
    step: Step,
    killer: Killer,
    temporary: Path,
    at: int,
    when: str,
) -> None:
    killer.at_command(at, when)
    assert killer.run(advance_once, step) == KILLED
    settle(repo)
    require_settled(repository, step)
    assert advance_once(step) in ("Advanced", "Moved")
    require_settled(repository, step)
    assert repository.tip("main") == step["new"]
    wait_until(lambda: left_rooms(repo) == [], what="the room of the dead is swept")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("at", range(1, COMMANDS_OF_AN_ADVANCE + 1))
def test_an_advance_that_is_interrupted_at_any_git_command_settles_by_itself(
    repository: RepositoryBuilder, step: Step, killer: Killer, at: int
) -> None:
    """The command has done its work, and the caller does not know it yet."""
    killer.at_command(at, "interrupt")
    assert killer.run(advance_once, step) == INTERRUPTED
    require_settled(repository, step)


@pytest.mark.parametrize("at", [1, 8, 14])
def test_an_advance_is_finished_after_both_died_while_files_were_written(
    repository: RepositoryBuilder, repo: Repository, step: Step, killer: Killer, at: int
) -> None:
    killer.at_file(at, repository, caller=True)
    assert killer.run(advance_once, step) == KILLED
    assert repository.tip("main") == step["new"]
    settle(repo)
    require_settled(repository, step)
    assert repository.tip("main") == step["new"]


@pytest.mark.parametrize("at", [1, 8, 14])
def test_an_advance_goes_back_when_only_git_died_while_files_were_written(
    repository: RepositoryBuilder, step: Step, killer: Killer, at: int
) -> None:
    killer.at_file(at, repository, caller=False)
    assert killer.run(advance_once, step) == 1
    assert repository.tip("main") == step["old"]
    require_settled(repository, step)


def test_a_git_that_outlives_an_advance_is_left_to_its_work(
    repository: RepositoryBuilder, repo: Repository, step: Step, killer: Killer
) -> None:
    go = killer.orphan_git(5, repository, advance_once, step)
    assert repository.tip("main") == step["new"]
    assert finish_advance(repo) == []
    back = Step(repository=step["repository"], branch="main", old=step["new"], new=step["old"])
    assert advance_once(back) == "CheckoutBusy"
    go.touch()
    settle(repo)
    require_settled(repository, step)
    assert repository.tip("main") == step["new"]
