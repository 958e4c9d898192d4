"""What SQLite refuses, in words: one line, the cause, the next command."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault

if TYPE_CHECKING:
    from pathlib import Path

BUSY_SECONDS = 5.0
"""How long to wait for another process that does not get on."""
OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""
_PRIMARY = 0xFF
"""Mask of the primary code in an extended result code (sqlite.org/rescode.html)."""

READ_ONLY_CODES = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 when the error is not SQLite's own."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & _PRIMARY


def store_fault(error: sqlite3.Error, path: Path) -> SystemFault | None:
    """Return what a person needs to know, or None when the error is a defect of ours."""
    code = primary_code(error)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return SystemFault(
            f"the state in {path} is damaged",
            cause=str(error),
            hint=f"branches and worktrees are untouched; set it aside: mv {path} {path}.damaged",
        )
    if code == sqlite3.SQLITE_FULL:
        return SystemFault(
            f"cannot write {path}",
            cause="the disk is full; nothing was changed",
            hint=f"free some space, then run the command again: df {path.parent}",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy_fault(path, BUSY_SECONDS)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return read_only_fault(path, cause=str(error))
    if code == sqlite3.SQLITE_CANTOPEN:
        return SystemFault(
            f"cannot open {path}",
            cause=str(error),
            hint=f"check owner, mode and mount: ls -la {path.parent}",
        )
    if code == sqlite3.SQLITE_IOERR:
        return SystemFault(
            f"cannot read or write {path}",
            cause=f"{error}; nothing was changed",
            hint=f"check the disk: df {path.parent}",
        )
    return None


def busy_fault(path: Path, seconds: float) -> SystemFault:
    """Say that another process does not let go."""
    return SystemFault(
        f"the state in {path} is busy",
        cause=f"another process has been writing for more than {seconds:g} s",
        hint="run the command again, or see who it is: wta doctor",
    )


def read_only_fault(path: Path, *, cause: str) -> SystemFault:
    """Say that the state folder cannot be written."""
    return SystemFault(
        f"cannot write {path}",
        cause=cause,
        hint=f"set XDG_STATE_HOME, or check owner, mode and mount: ls -la {path.parent}",
    )


def newer_fault(path: Path, names: list[str]) -> SystemFault:
    """Say that a later version has been here."""
    return SystemFault(
        f"the state in {path} belongs to a newer wta",
        cause=f"unknown migration {names[-1]}",
        hint="use that version: pip install --upgrade wtagents",
    )


def gone_fault(path: Path) -> SystemFault:
    """Say that somebody has taken the state away under who was reading it."""
    return SystemFault(
        "the state of this repository is gone",
        cause=f"there is no {path} any more",
        hint="bring it back; or take over each worktree, they are untouched: wta adopt PATH",
    )


def require_sqlite(version: tuple[int, ...]) -> None:
    """Raise SystemFault when Python's SQLite cannot hold the schema."""
    if version < OLDEST_SQLITE:
        found, needed = (".".join(map(str, each)) for each in (version, OLDEST_SQLITE))
        raise SystemFault(
            f"Python's SQLite {found} is too old",
            cause=f"the state needs {needed}",
            hint="install a newer Python, then install wtagents with it",
        )
