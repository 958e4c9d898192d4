from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from tests.support.records import NOW
from tests.support.stored import stored_task
from wtagents.core.errors import StateError
from wtagents.core.events import EventKind
from wtagents.core.task import Wish
from wtagents.store.database import Database, open_database, open_read_only
from wtagents.store.events import add_event, events_of
from wtagents.store.tasks import task_by_name, tasks, wish_task


def pragma(db: Database, name: str) -> object:
    return db.rows(f"PRAGMA {name}")[0][0]


def names(db: Database) -> list[str]:
    return [task.name for task in tasks(db)]


def test_a_database_is_durable_and_private(tmp_path: Path) -> None:
    path = tmp_path / "above" / "state" / "state.db"
    os.umask(0)
    with open_database(path) as db:
        with db.write():
            stored_task(db)
        assert pragma(db, "journal_mode") == "wal"
        assert pragma(db, "synchronous") == 2
        assert pragma(db, "foreign_keys") == 1
        assert pragma(db, "busy_timeout") == 5000
        modes = {each.name: oct(each.stat().st_mode & 0o777) for each in path.parent.iterdir()}
    assert modes == {
        "state.db": "0o600",
        "state.db-shm": "0o600",
        "state.db-wal": "0o600",
        "state.db.lock": "0o600",
    }
    assert [oct(each.stat().st_mode & 0o777) for each in path.parents[:2]] == ["0o700"] * 2


def test_a_transaction_happens_wholly_or_not_at_all(db: Database) -> None:
    with contextlib.suppress(KeyError), db.write():
        stored_task(db, "first")
        raise KeyError
    with db.write():
        stored_task(db, "second")
    assert names(db) == ["second"]
    assert [event.task_id for event in events_of(db)] == [1]


def test_a_refusal_inside_a_block_leaves_nothing(db: Database) -> None:
    with db.write():
        stored_task(db, "taken")
    with contextlib.suppress(StateError), db.write():
        stored_task(db, "other")
        stored_task(db, "taken")
    assert names(db) == ["taken"]


def test_a_change_belongs_into_a_write_block(db: Database) -> None:
    with pytest.raises(RuntimeError, match="a change outside a write block"):
        stored_task(db)
    with db.read(), pytest.raises(RuntimeError, match="a change outside a write block"):
        stored_task(db)
    assert names(db) == []


def add_in_a_block(db: Database) -> None:
    with db.write():
        stored_task(db)


def test_a_block_does_not_stand_inside_another(db: Database) -> None:
    with pytest.raises(RuntimeError, match="a write block inside another one"), db.write():
        add_in_a_block(db)
    assert names(db) == []
    with db.write():
        stored_task(db)
    assert names(db) == ["fix-login"]


def test_what_is_not_durable_is_durable_again_afterwards(db: Database) -> None:
    with db.write(durable=False):
        assert pragma(db, "synchronous") == 1
        stored_task(db)
    assert pragma(db, "synchronous") == 2
    with contextlib.suppress(KeyError), db.write(durable=False):
        raise KeyError
    assert pragma(db, "synchronous") == 2
    assert names(db) == ["fix-login"]


def test_an_event_is_signed_by_who_opened_the_block(db: Database) -> None:
    with db.write() as same:
        assert same is db
        stored_task(db)
    with db.write(actor="tick"):
        wish_task(db, 1, Wish.STOP, NOW)
        add_event(db, EventKind.ACTION_FAILED, at=NOW, actor="merger", data={"error": "no"})
    with db.write():
        wish_task(db, 1, Wish.WORK, NOW)
    assert [event.actor for event in events_of(db)] == ["cli", "tick", "merger", "cli"]


def test_readers_see_one_moment_and_hear_of_others(db: Database) -> None:
    with open_read_only(db.path) as reader:
        before = reader.data_version()
        with reader.read():
            assert names(reader) == []
            with db.write():
                stored_task(db)
            assert names(reader) == []
        assert names(reader) == ["fix-login"]
        assert reader.data_version() != before


def test_a_reader_cannot_write(db: Database) -> None:
    with open_read_only(db.path) as reader, pytest.raises(sqlite3.Error):
        reader.connection.execute("DELETE FROM task")


def test_where_nothing_was_stored_everything_is_empty(tmp_path: Path) -> None:
    with open_read_only(tmp_path / "state" / "state.db") as reader:
        assert (names(reader), task_by_name(reader, "x"), events_of(reader)) == ([], None, [])
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_empties_the_log_unless_somebody_reads(db: Database) -> None:
    log = db.path.with_name("state.db-wal")
    with db.write():
        stored_task(db)
    assert log.stat().st_size > 0
    with open_read_only(db.path) as reader, reader.read():
        names(reader)
        with db.write():
            stored_task(db, "other")
        db.connection.execute("PRAGMA busy_timeout=10")
        assert db.checkpoint() is False
    assert db.checkpoint() is True
    assert log.stat().st_size == 0


@pytest.mark.parametrize("left", ["nothing", "empty", "half-made"])
def test_what_a_killed_creator_left_is_completed(tmp_path: Path, left: str) -> None:
    path = tmp_path / "state.db"
    if left == "empty":
        path.touch()
    if left == "half-made":
        path.with_name(".state.db.new").write_bytes(b"SQLite format 3\0garbage")
    with open_database(path) as db:
        with db.write():
            stored_task(db)
        assert names(db) == ["fix-login"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["state.db", "state.db.lock"]
