"""Files that are whole or absent.

What a person could not make again is written to a temporary neighbour, flushed and renamed;
nothing is truncated in place.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from typing import TYPE_CHECKING, Any

from wtagents.core.errors import SystemFault

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_LEFT_SECONDS = 60.0
"""How old what a writer left must be: far older than any write that is under way."""


def write_atomic(
    path: Path,
    data: bytes,
    *,
    durable: bool = True,
    mode: int = PRIVATE_FILE,
    alone: bool = False,
) -> None:
    """Replace a file as a whole; with `durable` it survives a power cut.

    Where a lock keeps every other writer out, `alone`, what a killed one left goes at once.
    Raises SystemFault when the disk is full or read-only; the old content stays.
    """
    temporary = _neighbour(path)
    try:
        _write_new(temporary, data, durable=durable, mode=mode)
        _clear_left(path, temporary, seconds=0.0 if alone else _LEFT_SECONDS)
        temporary.replace(path)
        if durable:
            flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise disk_fault(error, path) from error


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Replace a file by a JSON document."""
    write_atomic(path, json.dumps(value, separators=(",", ":")).encode(), durable=durable)


def load_json(path: Path) -> Any | None:
    """Return the document, or None where the file is absent, not whole or not JSON at all."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def append_text(path: Path, text: str) -> None:
    """Add text to the end of a file that is made if need be. Raises SystemFault."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, PRIVATE_FILE), "ab") as stream:
            stream.write(text.encode(errors="replace"))
    except OSError as error:
        raise disk_fault(error, path) from error


def load_tail(path: Path, limit: int) -> str:
    """Return the text of the last `limit` bytes of a file, '' where it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - limit))
            return stream.read(limit).decode(errors="replace")
    except OSError:
        return ""


def create_exclusive(
    path: Path, data: bytes, *, mode: int = PRIVATE_FILE, durable: bool = True
) -> bool:
    """Create a file, whole, that must not exist; return False when it does.

    A hard link to a finished neighbour, so that a process killed in the middle leaves no torn file
    that would keep everybody else out for good. With `durable` it survives a power cut, too.

    Raises SystemFault when the disk is full or read-only.
    """
    temporary = _neighbour(path)
    try:
        _write_new(temporary, data, durable=durable, mode=mode)
        _clear_left(path, temporary)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        if durable:
            flush_folder(path.parent)
        return True
    except OSError as error:
        raise disk_fault(error, path) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, and so those above it that are missing.

    Raises SystemFault when it cannot be made or belongs to somebody else.
    """
    try:
        if not path.is_dir():
            missing = [each for each in path.parents if not each.exists()]
            for each in (*reversed(missing), path):
                each.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        found = path.stat()
        if found.st_uid != os.getuid():
            raise SystemFault(f"{path} belongs to another user", hint="set XDG_STATE_HOME")
        if found.st_mode & 0o077:
            path.chmod(PRIVATE_FOLDER)
    except OSError as error:
        raise disk_fault(error, path) from error


def disk_fault(error: OSError, path: Path) -> SystemFault:
    """Say in words what the disk refused."""
    hints = {
        errno.ENOSPC: "free some space, then run the command again",
        errno.EDQUOT: "free some of the quota, then run the command again",
        errno.EROFS: "set XDG_STATE_HOME to a folder that can be written",
        errno.EACCES: "check the owner and mode of the folder",
        errno.EPERM: "check the owner and mode of the folder",
    }
    return SystemFault(
        f"cannot write {path}",
        cause=(error.strerror or str(error)).lower(),
        hint=hints.get(error.errno or 0, "wta doctor"),
    )


def _neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _clear_left(path: Path, temporary: Path, *, seconds: float = _LEFT_SECONDS) -> None:
    """Delete what killed writers of this file left beside it.

    Inside walls the pids of others mean nothing, so that they must be long past, too.
    """
    old = temporary.stat().st_mtime - seconds
    for name in os.listdir(path.parent):
        if name.startswith(f".{path.name}.") and name.endswith(".tmp"):
            left, pid = path.with_name(name), name.split(".")[-2]
            with contextlib.suppress(FileNotFoundError):
                if pid.isdigit() and left.lstat().st_mtime < old and not _is_somebody(int(pid)):
                    left.unlink()


def _is_somebody(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _write_new(path: Path, data: bytes, *, durable: bool, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, mode), "wb") as stream:
        stream.write(data)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())


def flush_file(path: Path) -> None:
    """Make what a file holds survive a power cut."""
    _flush(path, os.O_RDONLY)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    _flush(folder, os.O_RDONLY | os.O_DIRECTORY)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
