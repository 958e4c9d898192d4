"""A person commits or pushes to main at random moments while tasks land: nothing is lost.

`scripts/soak person` lets more tasks land.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.busy_person import BusyPerson
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents.core.landing.merge import Rejection
from wtagents.operations.merge import MergeRequestOptions, merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet

LANDINGS = int(os.environ.get("WTA_TEST_LANDINGS", "6"))
CHECK = 'for file in *.txt; do read -r line <"$file" && test "$line" = "$file" || exit 1; done'
"""The gate: every file says its name; without a process per file, for it runs at every commit."""
AGAIN = 10
"""How often a landing is asked for that found a command of the person at work for seconds."""


@pytest.mark.parametrize("pushes", [False, True])
def test_landings_and_a_person_take_nothing_from_each_other(
    fleet: Fleet, tmp_path: Path, *, pushes: bool
) -> None:
    names = [f"task-{number:03}" for number in range(LANDINGS)]
    for name in names:
        fleet.task(name, {f"{name}.txt": f"{name}.txt\n"}, subject=f"Add {name}.txt")
    fleet.use(gate=[CHECK])
    with BusyPerson(fleet.main, tmp_path / "clone", seed=7, pushes=pushes) as person:
        for name in names:
            land(fleet, person, name)
    assert len(person.made) > 0
    require_line(fleet, tmp_path, [*(f"Add {name}.txt" for name in names), *person.made])


def land(fleet: Fleet, person: BusyPerson, name: str) -> None:
    """Land a task; the person pauses for as long as that takes, so that both come to something."""
    for _ in range(AGAIN):
        began = fleet.clock.monotonic()
        (outcome,) = merge(fleet.context, MergeRequestOptions(names=(name,))).data
        seconds = fleet.clock.monotonic() - began
        person.longest_pause = 5 * seconds / (1 + fleet.request(name).superseded)
        if outcome.landed:
            return
        assert outcome.rejection is Rejection.CHECKOUT_BUSY, outcome
    raise AssertionError(f"{name} never landed")


def require_line(fleet: Fleet, tmp_path: Path, subjects: list[str]) -> None:
    """main is a line of these commits, each with its one new file, each green."""
    main = fleet.main
    assert main.git("rev-list", "--merges", "main") == ""
    said = main.git("log", "--reverse", "--format=%x00%s", "--name-status", "main~0", "--")
    commits = [block.split() for block in said.split("\0")[2:]]
    assert sorted(" ".join(words[:2]) for words in commits) == sorted(subjects)
    assert [words for words in commits if words[2:] != ["A", words[1]]] == []
    checkout = RepositoryBuilder(tmp_path / "looked-at")
    main.git("worktree", "add", "--quiet", "--detach", str(checkout.path), "main")
    for commit in main.git("rev-list", f"--max-count={len(commits)}", "main").split():
        checkout.checkout(commit)
        assert run_to_end(["sh", "-c", CHECK], cwd=checkout.path).returncode == 0
    assert main.status() == []
