"""Deleting a tree that strangers may still write to: no link is ever followed.

Every step names an entry of an open folder. Folders found inside are first renamed up into the
root, so that a tree of any depth needs two open folders and no recursion. A deletion that was cut
off leaves its rest in the root, where the next one finds it.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from wtagents.system.files import PRIVATE_FOLDER, disk_fault, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_IS_A_FOLDER = (errno.EISDIR, errno.EPERM, errno.EACCES)
"""What `unlink` says of a folder: Linux the first, macOS the second."""
_ROUNDS = 100
"""How often a folder is emptied that somebody fills at the same time."""


def delete_below(root: Path, relative: str, *, scrap: Path) -> None:
    """Delete what lies at a path below `root`: `discard` it and empty the scrap folder."""
    discard(root, relative, scrap=scrap)
    empty_folder(scrap)


def discard(root: Path, relative: str, *, scrap: Path) -> None:
    """Rename what lies at a path below `root` into the private folder `scrap`, to be emptied.

    `scrap` is on the same file system. A path that is not there, or that leads through a link, is
    left alone. Raises SystemFault when the disk refuses.
    """
    make_private_folder(scrap)
    try:
        with _opened(root) as top, _opened(scrap) as inside:
            place = _folder_of(top, relative)
            if place is not None:
                _rename_away(place, relative.rpartition("/")[2], inside)
    except OSError as error:
        raise disk_fault(error, root / relative) from error


def _folder_of(top: int, relative: str) -> int | None:
    """Open the folder that holds the last part of a path; None where a part is no folder."""
    folder = os.dup(top)
    for part in relative.split("/")[:-1]:
        try:
            below = os.open(part, _FOLDER, dir_fd=folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            return None
        finally:
            os.close(folder)
        folder = below
    return folder


def _rename_away(place: int, name: str, scrap: int) -> None:
    taken = set(os.listdir(scrap))
    names = (f"{os.getpid()}-{number}" for number in count())
    free = next(each for each in names if each not in taken)
    try:
        os.rename(name, free, src_dir_fd=place, dst_dir_fd=scrap)
    except FileNotFoundError:
        return
    finally:
        os.close(place)


def empty_folder(root: Path) -> None:
    """Delete everything in a private folder of ours.

    Raises SystemFault naming the entry that cannot be deleted.
    """
    try:
        with _opened(root) as top:
            numbers = count(1)
            while names := os.listdir(top):
                for name in names:
                    _delete(top, name, numbers)
    except FileNotFoundError:
        return
    except OSError as error:
        raise disk_fault(error, root) from error


def _delete(top: int, name: str, numbers: Iterator[int]) -> None:
    """Delete an entry of the root; the folders in it become entries of the root.

    What another deletion has taken away meanwhile is gone, which is all that was wanted.
    """
    if _unlinked(top, name):
        return
    try:
        _unlock(top, name)
        folder = os.open(name, _FOLDER, dir_fd=top)
    except FileNotFoundError:
        return
    try:
        for _ in range(_ROUNDS):
            _empty(folder, top, numbers)
            try:
                os.rmdir(name, dir_fd=top)
            except FileNotFoundError:
                return
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:
                    raise
            else:
                return
    finally:
        os.close(folder)
    raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))


def _empty(folder: int, top: int, numbers: Iterator[int]) -> None:
    """Take every entry away once; what became something else meanwhile waits for a next time."""
    for entry in os.listdir(folder):
        if not _unlinked(folder, entry):
            with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
                _unlock(folder, entry)
                _lift(folder, entry, top, numbers)


def _unlinked(folder: int, name: str) -> bool:
    """Delete an entry that is no folder; False for a folder."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in _IS_A_FOLDER:
            raise
        return False
    return True


def _lift(folder: int, name: str, top: int, numbers: Iterator[int]) -> None:
    """Rename a folder into the root under a number that is free there."""
    for number in numbers:
        try:
            os.mkdir(f".{number}", PRIVATE_FOLDER, dir_fd=top)
        except FileExistsError:
            continue
        # A rename replaces an empty folder: the name is taken for us.
        os.rename(name, f".{number}", src_dir_fd=folder, dst_dir_fd=top)
        return


def _unlock(folder: int, name: str) -> None:
    """Make a folder enterable, through a handle of the folder itself: never through a link."""
    if sys.platform != "linux":
        os.chmod(name, PRIVATE_FOLDER, dir_fd=folder, follow_symlinks=False)
        return
    handle = os.open(name, os.O_PATH | _FOLDER, dir_fd=folder)
    try:
        os.chmod(f"/proc/self/fd/{handle}", PRIVATE_FOLDER)
    finally:
        os.close(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    folder = os.open(path, _FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)
