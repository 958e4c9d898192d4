"""Locks between processes: held by an open file, so a dead holder holds nothing.

A descriptor that a child inherits holds on for it: a lock taken by `hold_folder`, `hold_file`,
`create_held` or `take_file` is free when the process *and* the commands it started with the
descriptor have ended.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import DeadlineError
from wtagents.system.files import disk_fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL_SECONDS = 0.01


@contextmanager
def hold_lock(path: Path, *, seconds: float, what: str) -> Iterator[None]:
    """Hold the lock file for the length of a block; re-entrant only across different paths.

    A lock that is free costs one system call; filelock, which takes 9 ms to load, does the waiting.

    Raises DeadlineError naming `what` when another process keeps it longer than `seconds`:
    without the lock the work never goes on.
    """
    with lendable_lock(path) as descriptor:
        if descriptor is not None:
            yield
            return
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
    with lendable_lock(path) as descriptor:
        yield descriptor is not None


@contextmanager
def lendable_lock(path: Path) -> Iterator[int | None]:
    """Hold the lock for the block if it is free now; yield its descriptor, or None.

    A program that is given the descriptor holds the lock on when this process is gone.

    Raises SystemFault when the disk refuses the file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        yield descriptor if _take(descriptor) else None
    finally:
        os.close(descriptor)


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


@contextmanager
def hold_folder(path: Path, *, seconds: float, what: str) -> Iterator[int]:
    """Hold a folder for the length of a block; yield the descriptor that children may inherit.

    Raises DeadlineError naming `what` when it is held by others for longer than `seconds`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with _holding(descriptor, path, seconds=seconds, what=what):
        yield descriptor


@contextmanager
def hold_file(path: Path, *, seconds: float, what: str) -> Iterator[int]:
    """Hold a lock file, made if need be; yield the descriptor that children may inherit.

    Raises DeadlineError as `hold_folder`, SystemFault when the disk refuses the file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise disk_fault(error, path) from error
    with _holding(descriptor, path, seconds=seconds, what=what):
        yield descriptor


@contextmanager
def _holding(descriptor: int, path: Path, *, seconds: float, what: str) -> Iterator[None]:
    """Wait for the lock, hold it for a block, and close the descriptor."""
    try:
        deadline = time.monotonic() + seconds
        while not _take(descriptor):
            if time.monotonic() > deadline:
                raise DeadlineError(
                    f"{what} is busy: {path} is held for more than {seconds:g} s",
                    hint="try again, or see who it is: wta doctor",
                )
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def create_held(path: Path, data: bytes) -> int | None:
    """Create a file that must not exist, whole and held from its first moment.

    Returns the descriptor to close, or None when the file exists.
    """
    import tempfile

    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    finally:
        os.unlink(draft)
    return descriptor


def take_file(path: Path) -> int | None:
    """Hold a file that exists; None when it does not, or when somebody holds it now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    if _take(descriptor) and is_still(path, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_still(path: Path, descriptor: int) -> bool:
    """Whether a path names the open file: somebody may have deleted it, or made another there."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False
