"""Locks between processes: held by an open file, so a dead holder holds nothing."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError
from wtagents.system.files import disk_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold_lock(path: Path, *, seconds: float, what: str) -> Iterator[None]:
    """Hold the lock file for the length of a block; re-entrant only across different paths.

    Raises DeadlineError naming `what` when another process keeps it longer than `seconds`:
    without the lock the work never goes on.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(str(path), timeout=seconds, mode=0o600)
    try:
        lock.acquire(poll_interval=0.01)
    except Timeout:
        raise DeadlineError(
            f"{what} is busy: another wta process holds {path.name} for more than {seconds:g} s",
            hint="try again, or see who it is: wta doctor",
        ) from None
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Hold the lock for the block if it is free now; yield whether it is held."""
    from filelock import FileLock, Timeout

    lock = FileLock(str(path), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        yield True
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether another process holds the lock file; a look that never waits and keeps nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
