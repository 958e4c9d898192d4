from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.racing import READY, race
from tests.support.stored import stored_task
from wtagents.core.errors import SystemFault
from wtagents.store.database import Database, open_database, open_read_only
from wtagents.store.migrate import FOLDER, migrate, migration_names
from wtagents.store.tasks import tasks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that a test may add to."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    yield opened
    opened.close()


def applied(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM migration ORDER BY name")]


def dump(connection: sqlite3.Connection) -> list[str]:
    return list(connection.iterdump())


def test_names_are_dates(db: Database) -> None:
    assert all(name[:10].replace("-", "").isdigit() for name in migration_names())
    assert applied(db.connection) == migration_names()


def test_applying_twice_changes_nothing(connection: sqlite3.Connection, folder: Path) -> None:
    migrate(connection, folder, folder)
    before = dump(connection)
    migrate(connection, folder, folder)
    assert dump(connection) == before


def test_a_later_one_is_applied_alone(connection: sqlite3.Connection, folder: Path) -> None:
    migrate(connection, folder, folder)
    (folder / "2999-01-01-later.sql").write_text(
        "CREATE TABLE later (a TEXT) STRICT;\nINSERT INTO later VALUES ('a;b');\n"
    )
    migrate(connection, folder, folder)
    assert connection.execute("SELECT a FROM later").fetchall() == [("a;b",)]
    assert applied(connection) == [*migration_names(), "2999-01-01-later"]


def test_one_that_fails_leaves_no_trace(connection: sqlite3.Connection, folder: Path) -> None:
    migrate(connection, folder, folder)
    before = dump(connection)
    (folder / "2999-01-01-later.sql").write_text(
        "CREATE TABLE later (a TEXT) STRICT;\nINSERT INTO nowhere VALUES (1);\n"
    )
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        migrate(connection, folder, folder)
    assert dump(connection) == before


def test_a_newer_wta_has_been_here(db: Database) -> None:
    with db.write():
        stored_task(db)
        db.change("INSERT INTO migration VALUES ('2999-01-01-later')")
    for opener in (open_database, open_read_only):
        with pytest.raises(SystemFault) as caught:
            opener(db.path)
        assert (caught.value.message, caught.value.cause, caught.value.hint) == (
            f"the state in {db.path} belongs to a newer wta",
            "unknown migration 2999-01-01-later",
            "use that version: pip install --upgrade wtagents",
        )
    assert len(tasks(db)) == 1


def test_a_reader_of_an_older_state_brings_it_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    older = sqlite3.connect(path)
    older.execute("CREATE TABLE migration (name TEXT PRIMARY KEY) STRICT")
    older.close()
    with open_read_only(path) as reader:
        assert tasks(reader) == []
        assert applied(reader.connection) == migration_names()
    with open_database(path) as db:
        assert db.rows("PRAGMA journal_mode")[0][0] == "wal"


CREATE = f"""
import sys
from pathlib import Path
from tests.support.stored import stored_task
from wtagents.store.database import open_database
{READY}
with open_database(Path(sys.argv[1])) as db, db.write():
    stored_task(db, sys.argv[2])
"""


def test_sixteen_first_commands_make_one_store(tmp_path: Path) -> None:
    path = tmp_path / "state" / "state.db"
    race(CREATE, [[str(path), f"task-{number}"] for number in range(16)])
    with open_read_only(path) as db:
        assert sorted(task.name for task in tasks(db)) == sorted(f"task-{n}" for n in range(16))


def test_requests_and_their_events_live_through_the_table_of_the_queue(
    tmp_path: Path, folder: Path
) -> None:
    """The table is built anew below rows that name it."""
    later = {
        path: path.read_text() for path in folder.glob("*.sql") if "schema.sql" not in path.name
    }
    for path in later:
        path.unlink()
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    migrate(connection, folder, folder)
    connection.executescript(
        "INSERT INTO task VALUES (1,'fix','fix','merged','work',NULL,'','p','b','main','wta/fix',"
        "'/w','{}',0,0,0,0,NULL,'t','t',NULL);"
        "INSERT INTO merge_request VALUES (7,1,'merged','main',0,1,'s','o','c',NULL,'d','h',2,'[]',"
        "'[]','t','t');"
        "INSERT INTO event VALUES (1,'t','merge.moved','merger',1,NULL,7,'{}');"
    )
    for path, text in later.items():
        path.write_text(text)
    migrate(connection, folder, folder)
    found = "SELECT id, state, candidate, attempts, patch, batch, place FROM merge_request"
    assert connection.execute(found).fetchall() == [(7, "merged", "c", 2, "", None, None)]
    assert connection.execute("SELECT merge_id FROM event").fetchall() == [(7,)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY constraint failed"):
        connection.execute("DELETE FROM merge_request")
    connection.close()
