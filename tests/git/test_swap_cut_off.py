"""A git is killed while it moves a target: what it leaves would stop every later commit to it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.git.racers import Step, advance_once
from tests.git.test_advance import MAIN, Steps, mark
from tests.support.environment import Sandbox
from tests.support.processes import kill_hard, run_to_end, start_apart
from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.core.errors import StateError
from wtagents.git.advancing.advance import Advanced, advance
from wtagents.git.advancing.lock import Mark, mark_text
from wtagents.git.advancing.settle import Settled, finish_advance, is_advancing
from wtagents.git.advancing.swap import locks_of, swap_note
from wtagents.git.repo import COMMAND_SECONDS, Repository
from wtagents.system.lock import take_file
from wtagents.system.process import works_in

NOTED = 1000.0
"""When the note was written, on the clock of files."""
CALL = """\
import json, os, sys
from tests.git.racers import advance_once
advance_once(json.loads(sys.argv[1]))
"""
GIT = "#!/bin/sh\necho $$ >'{place}'\nexec '{git}' \"$@\"\n"


class CutOff(Steps):
    """A swap of main was cut off; main is checked out nowhere."""

    def __init__(self, repository: RepositoryBuilder) -> None:
        super().__init__(repository)
        repository.git("checkout", "--quiet", "--detach")
        self.folder = repository.path / ".git"
        self.repo = Repository.at(repository.path)
        self.mark = Mark(target=MAIN, old=self.old, new=self.new)
        self.ref, self.head = locks_of(self.repo, self.mark)

    def note(self) -> Path:
        note = swap_note(self.repo)
        note.write_bytes(mark_text(self.mark))
        os.utime(note, (NOTED, NOTED))
        return note

    def lock(self, place: Path, said: str = "", *, after: float = 0.0) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(said)
        os.utime(place, (NOTED + after, NOTED + after))

    def left(self) -> list[str]:
        found = [*self.folder.rglob("*.lock"), *self.folder.glob("wta-*")]
        return sorted(path.relative_to(self.folder).as_posix() for path in found)


@pytest.fixture
def cut(repository: RepositoryBuilder) -> CutOff:
    return CutOff(repository)


@pytest.mark.parametrize("said", ["", "part", "all"])
@pytest.mark.parametrize("where", ["nowhere", "packed", "checked out", "before"])
def test_its_locks_are_set_aside_wherever_main_is(cut: CutOff, where: str, said: str) -> None:
    settled = []
    if where == "packed":
        cut.built.git("pack-refs", "--all", "--prune")
        assert not (cut.folder / "refs/heads/main").exists()
    if where == "checked out":
        cut.built.git("checkout", "--quiet", "main")
        mark(cut)
        settled = [Settled(checkout=cut.built.path)]
    cut.note()
    if where != "before":
        cut.lock(cut.ref, {"": "", "part": cut.new[:7], "all": f"{cut.new}\n"}[said], after=0.5)
        cut.lock(cut.head, after=1.0)
    assert finish_advance(cut.repo) == settled
    assert (cut.left(), is_advancing(cut.repo)) == ([], False)
    assert isinstance(advance(cut.repo, MAIN, cut.old, cut.new), Advanced)
    assert (cut.built.tip("main"), cut.left()) == (cut.new, [])


def test_the_next_landing_is_soon_enough(cut: CutOff) -> None:
    cut.note()
    cut.lock(cut.ref)
    with pytest.raises(AssertionError):
        cut.built.git("update-ref", "refs/heads/main", cut.new)
    assert isinstance(advance(cut.repo, MAIN, cut.old, cut.new), Advanced)
    assert (cut.built.tip("main"), cut.left()) == (cut.new, [])


@pytest.mark.parametrize("after", [-1.0, COMMAND_SECONDS + 1.0])
def test_an_empty_lock_that_was_made_at_another_time_stays(cut: CutOff, after: float) -> None:
    cut.note()
    for place in (cut.ref, cut.head):
        cut.lock(place, after=after)
    assert (finish_advance(cut.repo), cut.left()) == ([], ["HEAD.lock", "refs/heads/main.lock"])


def test_a_lock_that_says_something_else_stays_and_that_on_head_with_it(cut: CutOff) -> None:
    cut.note()
    cut.lock(cut.ref, cut.built.tip("main~1"))
    cut.lock(cut.head)
    assert (finish_advance(cut.repo), cut.left()) == ([], ["HEAD.lock", "refs/heads/main.lock"])


def test_without_a_note_every_lock_is_somebody_elses(cut: CutOff) -> None:
    cut.lock(cut.ref)
    assert (finish_advance(cut.repo), cut.left()) == ([], ["refs/heads/main.lock"])


def test_a_lock_that_somebody_has_open_stays_until_it_is_closed(cut: CutOff) -> None:
    """Git has none of these processes: other programs move refs, too."""
    cut.note()
    cut.lock(cut.ref)
    with cut.ref.open("r+"):
        assert (finish_advance(cut.repo), cut.left()) == ([], ["refs/heads/main.lock", "wta-swap"])
        with pytest.raises(StateError, match="and main cannot move yet"):
            advance(cut.repo, MAIN, cut.old, cut.new)
        assert cut.ref.exists()
    assert (finish_advance(cut.repo), cut.left()) == ([], [])


def test_while_a_git_works_in_any_checkout_an_empty_lock_stays(cut: CutOff, tmp_path: Path) -> None:
    linked = cut.built.worktree(tmp_path / "linked", "dev", cut.old)
    cut.note()
    cut.lock(cut.ref)
    at_work = start_apart(["git", "cat-file", "--batch"], cwd=linked.path)
    wait_until(lambda: works_in(linked.path, program="git"), what="git in the worktree")
    assert (finish_advance(cut.repo), cut.left()) == ([], ["refs/heads/main.lock", "wta-swap"])
    at_work.communicate()
    assert (finish_advance(cut.repo), cut.left()) == ([], [])


def test_a_swap_that_lives_is_left_alone(cut: CutOff) -> None:
    note = cut.note()
    cut.lock(cut.ref, cut.new)
    holder = take_file(note)
    assert holder is not None
    assert (finish_advance(cut.repo), is_advancing(cut.repo)) == ([], True)
    os.close(holder)
    assert (finish_advance(cut.repo), is_advancing(cut.repo), cut.left()) == ([], False, [])


def test_a_note_that_says_nothing_is_out_of_the_way(cut: CutOff) -> None:
    swap_note(cut.repo).write_text("{}")
    assert isinstance(advance(cut.repo, MAIN, cut.old, cut.new), Advanced)


@contextmanager
def stuck(cut: CutOff, folder: Path, sandbox: Sandbox) -> Iterator[tuple[int, int]]:
    """Begin an advance whose git stands between making its lock and writing into it.

    Git looks at the commit there, which lies in a pipe that nobody writes to. Yields the pids of
    the advance and of git; in the end the commit is there.
    """
    place, path, commit = folder / "pid", os.environ["PATH"], cut.folder / "objects"
    git = run_to_end(["sh", "-c", "command -v git"]).stdout.decode().strip()
    (folder / "git").write_text(GIT.format(place=place, git=git))
    (folder / "git").chmod(0o755)
    sandbox.set_variable("PATH", f"{folder}{os.pathsep}{path}")
    commit = commit / cut.new[:2] / cut.new[2:]
    whole = commit.rename(folder / "commit")
    os.mkfifo(commit)
    step = Step(repository=str(cut.built.path), branch="main", old=cut.old, new=cut.new)
    with start_apart([sys.executable, "-c", CALL, json.dumps(step)]) as process:
        try:
            wait_until(cut.ref.exists, what="the lock on main")
            assert cut.ref.read_text() == ""
            yield process.pid, int(place.read_text())
        finally:
            whole.replace(commit)
            kill_hard(int(place.read_text()))
            process.communicate()
            sandbox.set_variable("PATH", path)


@pytest.mark.parametrize("dies", ["git", "both"])
def test_git_is_killed_between_making_its_lock_and_writing_into_it(
    cut: CutOff, tmp_path: Path, sandbox: Sandbox, dies: str
) -> None:
    with stuck(cut, tmp_path, sandbox) as (caller, _):
        if dies == "both":
            kill_hard(caller)
            assert (finish_advance(cut.repo), is_advancing(cut.repo)) == ([], True)
    if dies == "both":
        assert cut.left() == ["refs/heads/main.lock", "wta-swap"]
        wait_until(lambda: not is_advancing(cut.repo), what="git is gone")
        finish_advance(cut.repo)
    assert (cut.left(), cut.is_old()) == ([], True)
    step = Step(repository=str(cut.built.path), branch="main", old=cut.old, new=cut.new)
    assert advance_once(step) == "Advanced"
