"""Migrations: the files of `migrations/`, in the order of their dates, each in one transaction.

A new one is a new file; its name goes into the table `migration` when it has been applied, so two
branches that each add one do not collide. The first is the whole schema.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.store.faults import newer_fault
from wtagents.system.files import PRIVATE_FILE, flush_file, flush_folder, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).with_name("migrations")
_LOCK_SECONDS = 30.0


def migration_names(folder: Path = FOLDER) -> list[str]:
    """Return the known migrations, oldest first."""
    return sorted(path.stem for path in folder.glob("*.sql"))


def is_current(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether every known migration has been applied.

    Raises SystemFault when an unknown one has: a newer wta wrote it.
    """
    return not _missing(connection, path, FOLDER)


def migrate(connection: sqlite3.Connection, path: Path, folder: Path = FOLDER) -> None:
    """Apply what is missing; a no-op when nothing is. Two at once take turns."""
    for _ in _missing(connection, path, folder):
        connection.execute("BEGIN IMMEDIATE")
        try:
            missing = _missing(connection, path, folder)
            if missing:
                _apply(connection, missing[0], folder)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def prepare(path: Path) -> None:
    """Make the database where there is none: built beside, then renamed into place.

    So nobody ever opens a half-made one, and the switch to WAL, which SQLite refuses while
    anybody looks, happens before anybody can.
    """
    if path.exists() and path.stat().st_size:
        return
    from wtagents.system.lock import hold_lock

    make_private_folder(path.parent)
    with hold_lock(path.with_name(f"{path.name}.lock"), seconds=_LOCK_SECONDS, what="the state"):
        if path.exists() and path.stat().st_size:
            return
        young = path.with_name(f".{path.name}.new")
        young.unlink(missing_ok=True)
        young.touch(mode=PRIVATE_FILE)
        connection = sqlite3.connect(young, isolation_level=None)
        try:
            # Nobody sees it yet, so it need not survive a power cut before it is whole.
            connection.execute("PRAGMA journal_mode=MEMORY")
            connection.execute("PRAGMA synchronous=OFF")
            migrate(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
        flush_file(young)
        _set_orphans_aside(path)
        young.replace(path)
        flush_folder(path.parent)


def _set_orphans_aside(path: Path) -> None:
    """Rename the log of a database that is gone: SQLite would play it into the new one."""
    for suffix in ("-wal", "-shm"):
        orphan = path.with_name(path.name + suffix)
        if orphan.exists():
            orphan.replace(f"{orphan}.aside")


def _missing(connection: sqlite3.Connection, path: Path, folder: Path) -> list[str]:
    known = migration_names(folder)
    applied = _applied(connection)
    unknown = sorted(applied.difference(known))
    if unknown:
        raise newer_fault(path, unknown)
    return [name for name in known if name not in applied]


def _applied(connection: sqlite3.Connection) -> set[str]:
    exists = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    if not exists:
        return set()
    return {name for (name,) in connection.execute("SELECT name FROM migration")}


def _apply(connection: sqlite3.Connection, name: str, folder: Path) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY) STRICT")
    for statement in _statements((folder / f"{name}.sql").read_text()):
        connection.execute(statement)
    connection.execute("INSERT INTO migration VALUES (?)", (name,))


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
