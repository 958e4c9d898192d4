"""Rooms: gone after their act, and swept when whoever opened one was killed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.processes import kill_hard, start_apart
from tests.support.small_disk import mount_small_disk
from tests.support.waiting import wait_until
from wtagents.core.errors import SystemFault
from wtagents.system.folders.rooms import open_room, owner_of_room, sweep_rooms
from wtagents.system.process import identity_of, own_identity

OCCUPANT = """\
import subprocess, sys
from pathlib import Path
from wtagents.system.command import start_command
from wtagents.system.folders.rooms import open_room
rooms, child = Path(sys.argv[1]), sys.argv[2:]
with open_room(rooms, "look") as room:
    (room.path / "sub").mkdir()
    (room.path / "sub" / "file").write_text("x")
    (room.path / "sub").chmod(0)
    if child:
        start_command(child, cwd=room.path, inherited=(room.lock,))
    print(flush=True)
    sys.stdin.read()
"""
FIRST_SWEEP = 32


def occupant(rooms: Path, *child: str) -> list[str]:
    return [sys.executable, "-c", OCCUPANT, str(rooms), *child]


def named(rooms: Path) -> list[str]:
    return sorted(path.name for path in rooms.iterdir())


def test_a_room_is_private_and_says_whose_it_is_and_is_gone_afterwards(tmp_path: Path) -> None:
    rooms = tmp_path / "state" / "rooms"
    with open_room(rooms, "look") as first, open_room(rooms, "merge") as second:
        assert {first.path.name.partition(".")[0], second.path.name.partition(".")[0]} == {
            "look",
            "merge",
        }
        assert owner_of_room(first.path) == owner_of_room(second.path) == own_identity()
        for folder in (rooms.parent, rooms, first.path):
            assert folder.stat().st_mode & 0o777 == 0o700
        (first.path / "file").write_text("x")
        assert sweep_rooms(rooms) == 0
        assert (first.path / "file").read_text() == "x"
    assert named(rooms) == []


def test_an_error_in_a_room_empties_it_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), open_room(tmp_path / "rooms", "look"):
        raise RuntimeError
    assert named(tmp_path / "rooms") == []


def test_the_room_of_a_killed_process_is_swept_by_the_next_one(tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    with start_apart(occupant(rooms)) as victim:
        assert victim.stdout is not None
        victim.stdout.readline()
        (left,) = named(rooms)
        assert sweep_rooms(rooms) == 0
        kill_hard(victim.pid)
    assert named(rooms) == [left]
    with open_room(rooms, "look") as room:
        assert named(rooms) == [room.path.name]


def test_a_room_is_kept_while_a_command_of_a_dead_owner_works_in_it(tmp_path: Path) -> None:
    rooms, pipe = tmp_path / "rooms", tmp_path / "pipe"
    os.mkfifo(pipe)
    with start_apart(occupant(rooms, "sh", "-c", f"echo $$ > pid; cat {pipe}")) as victim:
        assert victim.stdout is not None
        victim.stdout.readline()
        kill_hard(victim.pid)
    with pipe.open("w"):
        assert sweep_rooms(rooms) == 0
        assert len(named(rooms)) == 1
        (room,) = rooms.iterdir()
        child = int((room / "pid").read_text())
    wait_until(lambda: identity_of(child) is None, what="the command has ended")
    assert sweep_rooms(rooms) == 1
    assert named(rooms) == []


def abandoned(rooms: Path, number: int) -> Path:
    """Make what a process of an earlier boot left."""
    path = rooms / f"merge.1.1.00000000-0000-4000-8000-000000000000.{number}"
    (path / "git" / "refs").mkdir(parents=True)
    return path


def test_a_sweep_takes_a_few_at_a_time_and_nothing_that_is_no_room(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    rooms = tmp_path / "rooms"
    for number in range(FIRST_SWEEP + 3):
        (abandoned(rooms, number) / "link").symlink_to(outside)
    stranger = rooms / "notes.txt"
    stranger.write_text("mine")
    assert [sweep_rooms(rooms) for _ in range(3)] == [FIRST_SWEEP, 3, 0]
    assert named(rooms) == ["notes.txt"]
    assert (outside / "precious").read_text() == "x"


def test_what_a_killed_sweep_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    (rooms / ".swept" / "7-0" / "git").mkdir(parents=True)
    assert sweep_rooms(rooms) == 0
    assert named(rooms) == []


def test_a_full_or_read_only_disk_refuses_a_room_in_words(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        rooms = disk.root / "rooms"
        rooms.mkdir()
        left = abandoned(rooms, 1)
        with disk.read_only(), pytest.raises(SystemFault) as caught, open_room(rooms, "look"):
            pass
        assert caught.value.cause == "read-only file system"
        assert left.is_dir()
