"""Turns of writers: who waits gets on as long as anybody does.

SQLite's own waiting is not fair: its looks grow apart to 100 ms, and beside a process that writes
without a pause it can miss every gap for seconds. Here a writer looks again after 15 ms at most,
and gives up only when so many seconds have passed without a single commit of anybody.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from wtagents.store.faults import BUSY_SECONDS, busy_fault, primary_code

if TYPE_CHECKING:
    from pathlib import Path

_LOOK_MILLISECONDS = 40
"""SQLite looks after 1, 2, 5, 10, 15 and 7 ms within this time (sqliteDefaultBusyCallback)."""
_ROUNDS = 24
"""Beside writers that commit for so long a person wants to know: two minutes at 5 s."""


def begin_in_turn(connection: sqlite3.Connection, path: Path, seconds: float) -> None:
    """Begin to write when nobody else does.

    Raises SystemFault when the others do not get on for so many seconds.
    """
    if _began(connection, 0):
        return
    version = _version(connection)
    for _ in range(_ROUNDS):
        if _began(connection, seconds):
            return
        before, version = version, _version(connection)
        if version == before:
            break
    raise busy_fault(path, seconds)


def _began(connection: sqlite3.Connection, seconds: float) -> bool:
    connection.execute(f"PRAGMA busy_timeout={_LOOK_MILLISECONDS}")
    try:
        for _ in range(max(1, round(seconds * 1000 / _LOOK_MILLISECONDS))):
            try:
                connection.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.OperationalError as error:
                if primary_code(error) != sqlite3.SQLITE_BUSY:
                    raise
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}")
    return False


def _version(connection: sqlite3.Connection) -> int:
    """Return a number that differs after another connection has committed."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
