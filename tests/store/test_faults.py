"""What the machine refuses is said in one line with its cause and the next command."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.support.processes import run_to_end
from tests.support.small_disk import mount_small_disk
from tests.support.stored import stored_task
from wtagents.core.errors import ExitCode, SystemFault, UsageError
from wtagents.store.database import Database, open_database, open_read_only
from wtagents.store.events import events_of
from wtagents.store.faults import require_sqlite
from wtagents.store.tasks import tasks


def said(error: SystemFault) -> tuple[str, str, str]:
    assert error.exit_code is ExitCode.SYSTEM
    return error.message, error.cause, error.hint


@pytest.mark.parametrize("content", [b"this is no database at all\n" * 200, b"SQLite format 3\0"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(content)
    for opener in (open_database, open_read_only):
        with pytest.raises(SystemFault) as caught:
            opener(path)
        assert said(caught.value) == (
            f"the state in {path} is damaged",
            "file is not a database",
            f"branches and worktrees are untouched; set it aside: mv {path} {path}.damaged",
        )
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(SystemFault) as caught:
        open_read_only(path)
    assert said(caught.value) == (
        f"cannot read or write {path}",
        "disk I/O error; nothing was changed",
        f"check the disk: df {tmp_path}",
    )
    with pytest.raises(SystemFault) as caught:
        open_database(path)
    assert said(caught.value) == (
        f"cannot open {path}",
        "unable to open database file",
        f"check owner, mode and mount: ls -la {tmp_path}",
    )


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(SystemFault) as caught:
        open_database(tmp_path / "state" / "state.db")
    assert said(caught.value) == (
        f"cannot write {tmp_path / 'state'}",
        "file exists",
        "wta doctor",
    )


def test_a_damaged_page_is_found_when_it_is_read(db: Database) -> None:
    with db.write():
        for number in range(200):
            stored_task(db, f"task-{number}", prompt="x" * 500)
    db.checkpoint()
    db.close()
    content = bytearray(db.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    db.path.write_bytes(bytes(content))
    with pytest.raises(SystemFault) as caught, open_read_only(db.path) as reader:
        tasks(reader)
    assert caught.value.message == f"the state in {db.path} is damaged"
    assert caught.value.cause == "database disk image is malformed"


def test_the_hint_for_a_damaged_file_works(db: Database) -> None:
    with db.write():
        stored_task(db)
    log = db.path.with_name("state.db-wal").read_bytes()
    db.close()
    db.path.write_bytes(b"x" * 8192)
    db.path.with_name("state.db-wal").write_bytes(log)
    db.path.rename(f"{db.path}.damaged")
    with open_database(db.path) as fresh:
        assert tasks(fresh) == []
    assert db.path.with_name("state.db-wal.aside").read_bytes() == log


def test_another_writer_stays_too_long(db: Database) -> None:
    with open_database(db.path) as other:
        other.busy_seconds = 0.1
        with db.write(), pytest.raises(SystemFault) as caught, other.write():
            pass
        assert said(caught.value) == (
            f"the state in {db.path} is busy",
            "another process has been writing for more than 0.1 s",
            "run the command again, or see who it is: wta doctor",
        )
        with other.write():
            stored_task(other)
        assert other.rows("PRAGMA busy_timeout")[0][0] == 5000


def test_text_that_is_not_utf8(db: Database) -> None:
    with pytest.raises(UsageError) as caught, db.write():
        stored_task(db, prompt=os.fsdecode(b"caf\xe9"))
    assert caught.value.message == "a text or path that is not valid UTF-8 cannot be kept"
    assert caught.value.cause == "it contains '\\udce9'"
    assert tasks(db) == []


def test_a_sqlite_without_strict_tables() -> None:
    require_sqlite((3, 37, 0))
    with pytest.raises(SystemFault) as caught:
        require_sqlite((3, 36, 9))
    assert said(caught.value) == (
        "Python's SQLite 3.36.9 is too old",
        "the state needs 3.37.0",
        "install a newer Python, then install wtagents with it",
    )


def require_read_only_answers(path: Path, names: list[str]) -> None:
    """Reading works, writing is refused in words and leaves nothing."""
    with open_read_only(path) as reader:
        assert [task.name for task in tasks(reader)] == names
    with pytest.raises(SystemFault) as caught:
        open_database(path)
    assert said(caught.value) == (
        f"cannot write {path}",
        "the file or its folder is read-only",
        f"set XDG_STATE_HOME, or check owner, mode and mount: ls -la {path.parent}",
    )


def test_a_read_only_disk_still_answers(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        path = disk.root / "state.db"
        with open_database(path) as db, db.write():
            stored_task(db, "kept")
        with disk.read_only():
            require_read_only_answers(path, ["kept"])


def test_a_read_only_disk_answers_with_what_a_killed_writer_left_in_the_log(
    tmp_path: Path,
) -> None:
    program = (
        "import os, sys; from pathlib import Path\n"
        "from tests.support.stored import stored_task\n"
        "from wtagents.store.database import open_database\n"
        "db = open_database(Path(sys.argv[1]))\n"
        "with db.write(): stored_task(db, 'unfinished')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with mount_small_disk(tmp_path / "disk") as disk:
        path = disk.root / "state.db"
        assert run_to_end([sys.executable, "-c", program, str(path)]).returncode == -9
        assert path.with_name("state.db-wal").stat().st_size > 0
        with disk.read_only():
            require_read_only_answers(path, ["unfinished"])


def add_until_refused(db: Database) -> tuple[int, SystemFault]:
    """Add tasks until one is refused; return how many were acknowledged, and the refusal."""
    for number in range(1000):
        try:
            with db.write():
                stored_task(db, f"task-{number}", prompt="x" * 5000)
        except SystemFault as fault:
            return number, fault
    raise AssertionError("nothing was refused")


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk, open_database(disk.root / "state.db") as db:
        with db.write():
            stored_task(db, "before")
        disk.fill()
        acknowledged, fault = add_until_refused(db)
        assert said(fault) == (
            f"cannot write {db.path}",
            "the disk is full; nothing was changed",
            f"free some space, then run the command again: df {disk.root}",
        )
        assert len(tasks(db)) == len(events_of(db)) == acknowledged + 1
        with open_read_only(db.path) as reader:
            assert len(tasks(reader)) == acknowledged + 1
        disk.free()
        with db.write():
            stored_task(db, "after", prompt="x" * 5000)
        assert [task.name for task in tasks(db)][:: acknowledged + 1] == ["before", "after"]


def test_a_full_disk_at_the_first_use_leaves_nothing_half_made(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        disk.fill()
        path = disk.root / "state" / "state.db"
        with pytest.raises(SystemFault) as caught:
            open_database(path)
        assert caught.value.exit_code is ExitCode.SYSTEM
        assert not path.exists()
        disk.free()
        with open_database(path) as db, db.write():
            stored_task(db)


LIMITED = """
import json, resource, sys
from pathlib import Path
from tests.support.stored import stored_task
from wtagents.core.errors import SystemFault
from wtagents.store.database import open_database
from wtagents.store.tasks import tasks

db = open_database(Path(sys.argv[1]))
with db.write():
    stored_task(db, "before")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
acknowledged, fault = 0, None
try:
    for number in range(1000):
        with db.write():
            stored_task(db, f"task-{number}", prompt="x" * 5000)
        acknowledged += 1
except SystemFault as error:
    fault = error.message
kept = len(tasks(db))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
with db.write():
    stored_task(db, "after")
print(json.dumps({"fault": fault, "lost": acknowledged + 1 - kept, "acknowledged": acknowledged}))
"""


def test_a_file_that_may_not_grow_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    done = run_to_end([sys.executable, "-c", LIMITED, str(path)])
    assert done.returncode == 0, done.stderr.decode()
    end = json.loads(done.stdout)
    assert end["fault"] == f"cannot read or write {path}"
    assert end["lost"] == 0
    assert end["acknowledged"] > 10
    with open_read_only(path) as reader:
        assert len(tasks(reader)) == end["acknowledged"] + 2
