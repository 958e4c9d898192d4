"""The database: how it is opened, read, written and refused.

WAL, so that readers never wait; synchronous FULL, so that what was acknowledged survives a power
cut; BEGIN IMMEDIATE, so that a read-modify-write waits for its turn instead of failing half-way.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

from wtagents.core.errors import UsageError
from wtagents.store.faults import (
    BUSY_SECONDS,
    READ_ONLY_CODES,
    primary_code,
    read_only_fault,
    require_sqlite,
    store_fault,
)
from wtagents.store.migrate import is_current, migrate, prepare
from wtagents.store.turns import begin_in_turn
from wtagents.system.files import disk_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """One open connection; used by the thread that opened it."""

    __slots__ = ("_writing", "actor", "busy_seconds", "connection", "path", "read_only")

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, actor: str, read_only: bool
    ) -> None:
        connection.row_factory = sqlite3.Row
        self.connection = connection
        self.path = path
        self.actor = actor
        """Who appends events now: `cli`, `tick` or `merger`."""
        self.busy_seconds = BUSY_SECONDS
        """How long to wait for a writer that does not get on."""
        self.read_only = read_only
        self._writing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def write(self, *, actor: str | None = None, durable: bool = True) -> Iterator[Self]:
        """One transaction that happens wholly or not at all; on return it is on the disk.

        `actor` signs the events of the block. Without `durable` a power cut may take the change
        back (never a crash): for caches only.

        Raises SystemFault when the disk is full or read-only, the file is damaged, or another
        writer does not get on for `busy_seconds`.
        """
        if self._writing:
            raise RuntimeError("a write block inside another one")
        before, self.actor = self.actor, actor or self.actor
        try:
            with _faults(self.path):
                if not durable:
                    self.connection.execute("PRAGMA synchronous=NORMAL")
                begin_in_turn(self.connection, self.path, self.busy_seconds)
            self._writing = True
            yield self
            with _faults(self.path):
                self.connection.execute("COMMIT")
        finally:
            self._writing = False
            self.actor = before
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if not durable:
                self.connection.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def read(self) -> Iterator[Self]:
        """Several queries that see one moment. Keep it short: it holds the WAL back."""
        with _faults(self.path):
            self.connection.execute("BEGIN")
        try:
            yield self
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except (UnicodeEncodeError, sqlite3.Error) as error:
            _refuse(error, self.path)

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query."""
        rows = self.rows(sql, parameters)
        return rows[0] if rows else None

    def change(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Carry out one INSERT or UPDATE and return the row of its RETURNING clause.

        Raises RuntimeError outside a `write` block: a change and its event belong together.
        """
        if not self._writing:
            raise RuntimeError("a change outside a write block")
        return self.row(sql, parameters)

    def data_version(self) -> int:
        """Return a number that differs after another connection has committed."""
        return int(self.rows("PRAGMA data_version")[0][0])

    def require_known(self) -> None:
        """Raise SystemFault when a newer wta has changed the schema since it was opened."""
        with _faults(self.path):
            is_current(self.connection, self.path)

    def checkpoint(self) -> bool:
        """Move the WAL into the database and truncate it; False while somebody still reads."""
        return not self.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]

    def close(self) -> None:
        """Close the connection; a transaction that is open is rolled back."""
        self.connection.close()


def open_database(path: Path, *, actor: str = "cli") -> Database:
    """Open the database for writing; make it, its folder and its schema where needed.

    Raises SystemFault when it cannot be written, is damaged, or belongs to a newer wta.
    """
    with _faults(path), _disk_faults(path):
        prepare(path)
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise read_only_fault(path, cause="the file or its folder is read-only")
        connection = _connect(path, "mode=rw")
        try:
            migrate(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
        except BaseException:
            connection.close()
            raise
    return Database(connection, path, actor=actor, read_only=False)


def open_read_only(path: Path) -> Database:
    """Open the database for reading only; where there is none, an empty one in memory.

    A folder that cannot be written is no obstacle: then the file is read as it lies there
    (`immutable`), without what a killed writer left in the WAL if that has lost its `-shm`.

    Raises SystemFault when the file is damaged or belongs to a newer wta.
    """
    with _faults(path), _disk_faults(path):
        connection = _connect_read_only(path) if path.exists() else _connect_nowhere(path)
    return Database(connection, path, actor="", read_only=True)


def _connect_nowhere(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, path)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _connect_read_only(path: Path) -> sqlite3.Connection:
    try:
        connection = _connect(path, "mode=ro")
        if is_current(connection, path):
            return connection
        connection.close()
    except sqlite3.OperationalError as error:
        if primary_code(error) not in READ_ONLY_CODES:
            raise
        connection = _connect(path, "immutable=1")
        if is_current(connection, path):
            return connection
        connection.close()
    open_database(path).close()
    return _connect(path, "mode=ro")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    require_sqlite(sqlite3.sqlite_version_info)
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS)


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn what SQLite refuses into an error for a person; a defect of ours passes as it is."""
    try:
        yield
    except (UnicodeEncodeError, sqlite3.Error) as error:
        _refuse(error, path)


def _refuse(error: UnicodeEncodeError | sqlite3.Error, path: Path) -> NoReturn:
    if isinstance(error, UnicodeEncodeError):
        raise UsageError(
            "a text or path that is not valid UTF-8 cannot be kept",
            cause=f"it contains {error.object[error.start : error.end]!a}",
            hint="use UTF-8",
        ) from error
    fault = store_fault(error, path)
    if fault is None:
        raise error
    raise fault from error


@contextmanager
def _disk_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_fault(error, path) from error
