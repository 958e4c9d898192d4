"""Rooms: folders for one act, private, gone after it; what a killed owner left is swept.

    <state folder>/rooms/<purpose>.<pid>.<start>.<boot id>.<number>/

The name says whose it is. Its owner, and every command that inherits its lock, holds the folder
itself: a room is abandoned when its owner is dead *and* nobody holds it. Whoever opens a room
sweeps the abandoned ones first, a few at a time: nothing gathers.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.record import record
from wtagents.core.run import ProcessIdentity
from wtagents.system.files import PRIVATE_FOLDER, disk_fault, make_private_folder
from wtagents.system.folders.deletion import discard, empty_folder
from wtagents.system.lock import hold_folder, is_held
from wtagents.system.process import is_alive, own_identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z]+\.(?P<pid>\d+)\.(?P<start>\d+)\.(?P<boot_id>[^.]+)\.\d+")
_SWEPT = ".swept"
"""Where abandoned rooms go before they are deleted: of two sweepers one gets the room."""
_SWEEP_LIMIT = 32
"""Rooms that one sweep takes: whoever opens a room must not wait for hundreds."""
_HOLD_SECONDS = 10.0
_numbers = count(1)


@record
class Room:
    """A folder for one act."""

    path: Path
    lock: int
    """Descriptor of its lock; a command that inherits it keeps the room from being swept."""


@contextmanager
def open_room(rooms: Path, purpose: str) -> Iterator[Room]:
    """Make a room below `rooms` for the length of a block.

    Raises SystemFault when the disk refuses. What cannot be deleted at the end is swept when this
    process is gone.
    """
    make_private_folder(rooms.parent)
    make_private_folder(rooms)
    sweep_rooms(rooms)
    path = rooms / _name(purpose, own_identity())
    try:
        path.mkdir(mode=PRIVATE_FOLDER)
    except OSError as error:
        raise disk_fault(error, path) from error
    try:
        with hold_folder(path, seconds=_HOLD_SECONDS, what="a new room") as lock:
            yield Room(path=path, lock=lock)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sweep_rooms(rooms: Path) -> int:
    """Delete abandoned rooms; return how many. A disk that refuses is met again by the next one."""
    try:
        names = sorted(os.listdir(rooms))
    except FileNotFoundError:
        return 0
    abandoned = [name for name in names if _is_abandoned(rooms / name)][:_SWEEP_LIMIT]
    swept = 0
    try:
        for name in abandoned:
            discard(rooms, name, scrap=rooms / _SWEPT)
            swept += 1
        if abandoned or _SWEPT in names:
            empty_folder(rooms / _SWEPT)
            with suppress(OSError):
                (rooms / _SWEPT).rmdir()
    except SystemFault as fault:
        logger.info("rooms are not swept: %s: %s", fault.message, fault.cause)
    return swept


def owner_of_room(path: Path) -> ProcessIdentity | None:
    """Return who made a room; None for a folder that is none."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return None
    return ProcessIdentity(
        boot_id=found["boot_id"], pid=int(found["pid"]), start=int(found["start"])
    )


def _name(purpose: str, owner: ProcessIdentity) -> str:
    return f"{purpose}.{owner.pid}.{owner.start}.{owner.boot_id}.{next(_numbers)}"


def _is_abandoned(path: Path) -> bool:
    owner = owner_of_room(path)
    return owner is not None and not is_alive(owner) and not is_held(path)
