"""What the processes of a race on the store do; each gets the path of the store and a word."""

from __future__ import annotations

from pathlib import Path

from tests.support.records import NOW
from tests.support.stored import stored_task, try_run
from wtagents.core.errors import StateError
from wtagents.core.task import TaskState
from wtagents.store.database import open_database
from wtagents.store.tasks import move_task, require_task, task_by_id

Place = tuple[str, str]


def add_the_same_task(place: Place) -> str:
    """Want the name of a task with a prompt of one's own."""
    with open_database(Path(place[0])) as db:
        try:
            with db.write():
                stored_task(db, "same", prompt=place[1])
        except StateError:
            return "taken"
    return "won"


def move_the_task(place: Place) -> str:
    """Want to be who begins the first task."""
    with open_database(Path(place[0])) as db, db.write():
        moved = move_task(db, 1, TaskState.ACTIVE, at=NOW)
    return "won" if moved else "late"


def add_a_run(place: Place) -> str:
    """Want a run of a task where three may live."""
    with open_database(Path(place[0])) as db:
        task = require_task(db, place[1])
        with db.write():
            run = try_run(db, task, capacity=3)
    return "won" if run else "late"


def add_a_hundred(place: Place) -> str:
    """Read the attempts of the first task and write one more, a hundred times."""
    with open_database(Path(place[0])) as db:
        for _ in range(100):
            with db.write():
                task = task_by_id(db, 1)
                assert task is not None
                move_task(db, 1, TaskState.ACTIVE, at=NOW, attempts=task.attempts + 1)
                move_task(db, 1, TaskState.QUEUED, at=NOW)
    return "done"
