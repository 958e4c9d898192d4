"""A night in short: tasks begin, land and are cleared up while everybody is killed or stands still.

A person commits to main meanwhile. `scripts/soak night` goes on for hours.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.support import watched_agent
from tests.support.busy_person import BusyPerson
from tests.support.fleet import Fleet, scenario
from tests.support.killing import Killer
from tests.support.processes import end_supervisors, survivors
from tests.support.waiting import wait_until
from tests.support.wta import Program, start_wta, wta
from wtagents.core.task import Reason, Task, TaskState
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from tests.support.environment import Sandbox

pytestmark = pytest.mark.e2e

MINUTES = float(os.environ.get("WTA_TEST_NIGHT", "0.02"))
SEED = int(os.environ.get("WTA_TEST_SEED", "0")) or random.randrange(1, 10**6)  # noqa: S311
AT_WORK = 8
BAD_EACH = 5
"""Of so many tasks one makes what the gate refuses."""
CLEANUP_EACH = 10
KILL_EACH = 2.0
"""Seconds between two kills at most: in between something must come to its end, too."""
PATIENCE = 240.0
"""Seconds until everything that was begun has come to its end, when nobody is killed any more."""
WAL_LIMIT = 64_000_000
GATE = "test ! -e bad.txt"
RESTING = {TaskState.READY, TaskState.MERGED, TaskState.FAILED}


class Freezer:
    """Lets a process of the test stand still for a moment, again and again, until told to stop."""

    def __init__(self, mark: str, seed: int) -> None:
        self._mark = mark
        self._random = random.Random(seed)  # noqa: S311 - a seed that can be repeated
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self.stilled = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stop.wait(self._random.uniform(0.0, 1.0)):
            found = sorted(each.pid for each in survivors(self._mark) if "wtagents" in each.argv)
            if not found:
                continue
            victim = self._random.choice(found)
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGSTOP)
                self.stilled += 1
                self._stop.wait(self._random.uniform(0.0, 2.0))
                os.kill(victim, signal.SIGCONT)


def test_a_night_loses_nothing(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201 - pytest shows it when the test fails
    watched = tmp_path / "watched"
    watched.mkdir()
    watched_agent.install(sandbox, watched)
    fleet.configure(
        agent={"kind": "claude"},
        limits={"retries": 100, "agents": AT_WORK},
        merge={"resolver": "none", "gate": [GATE], "slots": 2},
        cleanup={"per_pass": 100},
    )
    repository = fleet.repository
    person = BusyPerson(repository, tmp_path / "clone", seed=SEED, pushes=False, longest_pause=10.0)
    killer = Killer(
        repository=repository.path, mark=sandbox.mark, seed=SEED, longest_pause=KILL_EACH
    )
    freezer = Freezer(sandbox.mark, SEED)
    with person, freezer:
        spawned = live_through(fleet, killer)
    supervisor = start_wta(repository.path, "supervise")
    wait_until(lambda: not unfinished(fleet), what=lambda: told(fleet), timeout=PATIENCE)
    supervisor.kill()
    supervisor.wait()
    print(f"{spawned} tasks, killed {Counter(killer.killed)}, stilled {freezer.stilled}")  # noqa: T201
    land_the_rest(fleet)
    require_agents_alone(fleet, watched)
    require_main(fleet, person.made)
    require_whole(fleet)


def live_through(fleet: Fleet, killer: Killer) -> int:
    """Keep agents at work until the night is over; return how many tasks were asked for."""
    begun = begin(fleet, 0)
    assert begun.wait(60) == 0
    spawned = [begun]
    clock = fleet.context.clock
    until = clock.monotonic() + 60 * MINUTES
    killer.start()
    try:
        while clock.monotonic() < until:
            at_work = sum(each.poll() is None for each in spawned)
            if len(unfinished(fleet)) < AT_WORK and at_work < 2:
                spawned.append(begin(fleet, len(spawned)))
                if len(spawned) % CLEANUP_EACH == 0:
                    start_wta(fleet.repository.path, "cleanup").wait(60)
            killer.await_kill()
    finally:
        killer.stop()
        for each in spawned:
            each.wait(60)
    return len(spawned)


def begin(fleet: Fleet, number: int) -> Program:
    name = f"task-{number}"
    steps = []
    for file in files_of(name):
        steps += [f"write {file} <<END", name, "END", "wait 0.05", f'commit "Add {file}"']
    if is_bad(name):
        steps += ["write bad.txt <<END", name, "END", 'commit "Add what is bad"']
    return start_wta(fleet.repository.path, "spawn", name, scenario(*steps), "--merge")


def files_of(name: str) -> tuple[str, str]:
    return f"{name}-a.txt", f"{name}-b.txt"


def is_bad(name: str) -> bool:
    return int(name.removeprefix("task-")) % BAD_EACH == BAD_EACH - 1


def unfinished(fleet: Fleet) -> list[Task]:
    with fleet.context.database.read() as db:
        return [task for task in tasks(db) if task.state not in RESTING]


def told(fleet: Fleet) -> str:
    return "\n".join(f"{task.name} {task.state}: {task.detail}" for task in unfinished(fleet))


def land_the_rest(fleet: Fleet) -> None:
    """Ask once more for what was refused because the person was at work in the checkout."""
    wta(fleet.repository.path, "merge", "--ready", status=None, seconds=PATIENCE)
    end_supervisors(fleet.sandbox.mark)


def require_agents_alone(fleet: Fleet, watched: Path) -> None:
    assert watched_agent.overlaps(watched) == []
    wait_until(lambda: not survivors(fleet.sandbox.mark), what="everybody has ended")


def require_main(fleet: Fleet, made: list[str]) -> None:
    """main has what each good task made and each commit of the person, and was always green.

    An agent that was killed between two steps may take one file into the commit of another, or
    leave the last one uncommitted: then its task has failed, and all lies in its worktree.
    """
    main = fleet.repository
    rows = fleet.context.database.rows("SELECT name, state, reason, worktree FROM task")
    subjects = Counter(main.git("log", "--format=%s", "main").splitlines())
    assert [subject for subject in made if subjects[subject] != 1] == []
    changes = main.git("log", "--format=", "--name-status", "main").splitlines()
    assert [change for change, count in Counter(changes).items() if count != 1] == []
    for row in rows:
        ends = {
            ("failed", Reason.UNCOMMITTED),
            ("ready" if is_bad(row["name"]) else "merged", None),
        }
        assert (row["state"], row["reason"]) in ends, dict(row)
        place = main.path if row["state"] == "merged" else Path(row["worktree"])
        for file in files_of(row["name"]):
            assert (place / file).read_text() == f"{row['name']}\n", dict(row)
    assert "merged" in {row["state"] for row in rows}
    assert main.git("log", "--format=%h", "main", "--", "bad.txt") == ""
    assert main.status() == []


def require_whole(fleet: Fleet) -> None:
    """Store and repositories are whole, and every change begins where the one before ended."""
    db = fleet.context.database
    assert [row[0] for row in db.rows("PRAGMA integrity_check")] == ["ok"]
    assert db.rows("PRAGMA foreign_key_check") == []
    ids = [row["id"] for row in db.rows("SELECT id FROM event ORDER BY id")]
    assert ids == list(range(1, len(ids) + 1))
    for kind, about in (("task", "task_id"), ("run", "run_id"), ("merge", "merge_id")):
        sql = f"SELECT {about} AS about, data FROM event WHERE kind = '{kind}.moved' ORDER BY id"  # noqa: S608
        moves: dict[str, list[dict[str, str]]] = {}
        for row in db.rows(sql):
            moves.setdefault(row["about"], []).append(json.loads(row["data"]))
        for chain in moves.values():
            assert [(one, two) for one, two in pairwise(chain) if one["to"] != two["from"]] == []
    fsck = ("fsck", "--connectivity-only", "--no-dangling")
    assert fleet.repository.git(*fsck) == ""
    assert fleet.repository.git(f"--git-dir={fleet.context.paths.hub}", *fsck) == ""
    database = fleet.context.paths.database
    assert database.with_name(f"{database.name}-wal").stat().st_size < WAL_LIMIT
