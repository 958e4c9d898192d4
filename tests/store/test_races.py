"""Processes that write at once, and processes that are killed while they write."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.store.racers import (
    Place,
    add_a_hundred,
    add_a_run,
    add_the_same_task,
    move_the_task,
)
from tests.support.forking import fork_race
from tests.support.racing import Speaker
from tests.support.stored import ended_run, stored_task
from wtagents.core.task import TaskState
from wtagents.store.database import Database, open_database, open_read_only
from wtagents.store.events import events_of
from wtagents.store.runs import live_runs, runs_of
from wtagents.store.tasks import tasks

HEAD = """
import sys
from pathlib import Path
from tests.support.records import NOW
from wtagents.core.events import EventKind
from wtagents.core.task import Wish
from wtagents.store.database import open_database
from wtagents.store.events import add_event
from wtagents.store.tasks import wish_task
db = open_database(Path(sys.argv[1]))
"""

WRITE_ON = f"""{HEAD}
for number in range(int(sys.argv[3]), 10**9):
    with db.write():
        wish_task(db, int(sys.argv[2]), Wish.WORK, NOW)
        add_event(db, EventKind.ACTION_FAILED, at=NOW, actor=sys.argv[2],
            data={{"number": number, "weight": "x" * (number % 7 * 3000)}})
    print(number, flush=True)
"""


def race_with(deed: Callable[[Place], str], db: Database, *words: str) -> Counter[str]:
    """Race one process per word on the store; count what they said."""
    return Counter(fork_race(deed, [(str(db.path), each) for each in words]))


def test_one_of_32_gets_the_name(db: Database) -> None:
    said = race_with(add_the_same_task, db, *(f"prompt {number}" for number in range(32)))
    assert said == {"won": 1, "taken": 31}
    assert len(tasks(db)) == len(events_of(db)) == 1


def test_one_of_16_moves_the_task(db: Database) -> None:
    with db.write():
        stored_task(db)
    assert race_with(move_the_task, db, *"abcdefghijklmnop") == {"won": 1, "late": 15}
    assert [task.state for task in tasks(db)] == [TaskState.ACTIVE]
    assert [event.kind for event in events_of(db)] == ["task.added", "task.moved"]


def test_each_task_starts_once_and_three_start_in_all(db: Database) -> None:
    names = ["a", "b", "c", "d"]
    with db.write():
        for name in names:
            ended_run(db, stored_task(db, name))
    said = race_with(add_a_run, db, *(names * 4))
    assert said == {"won": 3, "late": 13}
    assert len({run.task_id for run in live_runs(db)}) == 3
    assert {run.number for run in live_runs(db)} == {2}
    assert sum(len(runs_of(db, task.id)) for task in tasks(db)) == 7


def test_eight_writers_add_a_hundred_each(db: Database) -> None:
    with db.write():
        stored_task(db)
    assert race_with(add_a_hundred, db, *"abcdefgh") == {"done": 8}
    assert [task.attempts for task in tasks(db)] == [800]
    assert len(events_of(db, limit=2000)) == 1601


def test_who_waits_gets_on_while_others_commit(db: Database) -> None:
    """One after the other they hold it longer than the waiter would wait for any of them."""
    begun, enough = Event(), Event()

    def hold_again_and_again() -> None:
        with open_database(db.path) as other:
            for number in range(8):
                with other.write():
                    stored_task(other, f"other-{number}")
                    begun.set()
                    enough.wait(0.2)

    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(hold_again_and_again)
        begun.wait(10)
        db.busy_seconds = 0.4
        with db.write():
            stored_task(db, "mine")
        enough.set()
        others.result(10)
    assert len(tasks(db)) == 9


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path, seed: int) -> None:
    """25 kills for each seed, two writers at a time: one of them goes on while the other dies."""
    chance = random.Random(seed)  # noqa: S311
    path = tmp_path / "state.db"
    with open_database(path) as db, db.write():
        stored_task(db, "one")
        stored_task(db, "two")
    said: dict[int, set[int]] = {1: set(), 2: set()}
    writers: dict[int, Speaker] = {}
    for kill in range(26):
        task = kill % 2 + 1
        if task in writers:
            lines = writers.pop(task).kill_after(chance.randrange(6), chance.randrange(100_000))
            said[task] |= {int(line) for line in lines}
        start = max(said[task], default=0) + 1000
        writers[task] = Speaker(WRITE_ON, [str(path), str(task), str(start)])
    for task, writer in writers.items():
        said[task] |= {int(line) for line in writer.kill_after(1, 0)}
    with open_read_only(path) as reader:
        failures = [e for e in events_of(reader, limit=10**6) if e.kind == "action.failed"]
        stored = {
            task: {e.data["number"] for e in failures if e.actor == str(task)} for task in said
        }
        assert {task: said[task] - stored[task] for task in said} == {1: set(), 2: set()}
        assert sum(map(len, said.values())) > 25
        # what was not acknowledged is whole or absent: each failure has its wish
        wishes = [e for e in events_of(reader, limit=10**6) if e.kind == "task.wished"]
        assert len(wishes) == len(failures)
        assert reader.rows("PRAGMA integrity_check")[0][0] == "ok"
