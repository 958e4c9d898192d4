"""The clean room lies in the state folder, and elsewhere where that cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.repository import RepositoryBuilder
from tests.support.small_disk import mount_small_disk
from wtagents.core.ids import Oid
from wtagents.git.looking.room import clean_room
from wtagents.git.repo import Repository
from wtagents.system.paths import StatePaths


def looked_at(repo: Repository, built: RepositoryBuilder) -> tuple[Path, list[str]]:
    """Return where the room was and what git says in it."""
    head = Oid(built.tip("HEAD"))
    with clean_room(repo, repo.common_dir, built.path, head) as room:
        return room.common_dir, room.git("status", "--porcelain", "-z").fields


def test_a_look_happens_in_the_state_folder(
    repository: RepositoryBuilder, repo: Repository
) -> None:
    repository.write({"new": "x"})
    rooms = StatePaths.of_repository(repo.common_dir).rooms
    place, said = looked_at(repo, repository)
    assert (place.parent, said) == (rooms, ["?? new"])
    assert list(rooms.iterdir()) == []


@pytest.mark.parametrize("refuses", ["full", "read-only"])
def test_where_the_disk_refuses_a_look_is_still_possible(
    repository: RepositoryBuilder, repo: Repository, sandbox: Sandbox, tmp_path: Path, refuses: str
) -> None:
    repository.write({"new": "x"})
    with mount_small_disk(tmp_path / "disk") as disk:
        sandbox.set_variable("XDG_STATE_HOME", str(disk.root))
        rooms = StatePaths.of_repository(repo.common_dir).rooms
        assert looked_at(repo, repository)[0].parent == rooms
        if refuses == "full":
            disk.fill()
            place, said = looked_at(repo, repository)
        else:
            with disk.read_only():
                place, said = looked_at(repo, repository)
        assert said == ["?? new"]
        assert (place.exists(), place.parent == rooms, list(rooms.iterdir())) == (False, False, [])
