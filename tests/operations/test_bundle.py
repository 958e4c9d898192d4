"""A bundle tells what a bug report needs, and nothing of what tasks are about."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.credentials import CANARIES, MARKS
from tests.support.ready_tasks import Fleet
from tests.support.stored import ended_run
from wtagents.core.errors import SystemFault, UsageError
from wtagents.core.message import MessageKind
from wtagents.operations.bundle import Bundle, bundle
from wtagents.operations.context import Context
from wtagents.store.messages import add_message
from wtagents.system.files import make_private_folder

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder

pytestmark = pytest.mark.walls

SECRET_PLAN = "make the ships of Kronberg faster"
"""Stands in prompts, messages and files, never in a bundle."""


def told(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        return {
            entry.name.removeprefix("wta-bundle/"): content.read().decode()
            for entry in archive.getmembers()
            if (content := archive.extractfile(entry)) is not None
        }


def busy(fleet: Fleet) -> str:
    """Return the run of a repository where everything has happened that a bundle tells of."""
    fleet.task("ships", {"ships.txt": f"{SECRET_PLAN}\n"}, prompt=SECRET_PLAN)
    task = fleet.row("ships")
    db = fleet.context.database
    with db.write():
        add_message(db, task.id, MessageKind.TEXT, SECRET_PLAN, fleet.clock.now())
        run = ended_run(db, task)
    folder = fleet.context.paths.run(run.id)
    make_private_folder(folder.root)
    folder.order.write_text(json.dumps({"prompt": SECRET_PLAN}))
    folder.stream.write_text(SECRET_PLAN)
    folder.stderr.write_text("".join(f"{each}\n" for each in CANARIES))
    folder.runner_log.write_text(f"cannot write {Path.home()}/x\n")
    fleet.context.paths.supervisor_log.write_text("looked\n")
    return str(run.id)


def test_what_is_told_and_what_is_not(fleet: Fleet, tmp_path: Path) -> None:
    run = busy(fleet)
    written = bundle(fleet.context, tmp_path / "b.tar.gz").data
    files = told(written.path)
    assert written == Bundle(path=tmp_path / "b.tar.gz", files=written.files, missing=())
    assert {each.name: each.size for each in written.files} == {
        name: len(text.encode()) for name, text in files.items()
    }
    assert [name for name in files if not name.startswith("store/")] == [
        *("README.txt", "doctor.json", "machine.json", "settings.json"),
        *("git/worktrees.txt", "git/branches.txt", "state.txt", "logs/supervisor.log"),
        *(f"runs/{run}/runner.log", f"runs/{run}/stderr.txt", "missing.json"),
    ]
    whole = "\n".join(files.values())
    assert [text for text in (SECRET_PLAN, str(Path.home()), *MARKS) if text in whole] == []
    assert files[f"runs/{run}/runner.log"] == "cannot write ~/x\n"
    [task] = map(json.loads, files["store/task.ndjson"].splitlines())
    assert (task["name"], task["state"], "prompt" in task) == ("ships", "ready", False)
    kinds = [json.loads(line)["kind"] for line in files["store/event.ndjson"].splitlines()]
    assert kinds[:3] == ["fingerprint.accepted", "task.added", "task.moved"]
    assert stat.S_IMODE(written.path.stat().st_mode) == 0o600


def test_what_cannot_be_told_stops_nothing_else(fleet: Fleet, tmp_path: Path) -> None:
    busy(fleet)
    fleet.context.database.checkpoint()
    fleet.context.close()
    fleet.context.paths.database.write_bytes(b"no database at all" * 1000)
    written = bundle(Context(fleet.main.path), tmp_path / "b.tar.gz").data
    assert [(each.part, each.why.partition(":")[0]) for each in written.missing] == [
        ("store", f"the state in {fleet.context.paths.database} is damaged")
    ]
    files = told(written.path)
    assert [each["part"] for each in json.loads(files["missing.json"])] == ["store"]
    assert "is damaged" in files["doctor.json"]
    assert files["logs/supervisor.log"] == "looked\n"


def test_nothing_is_overwritten(repository: RepositoryBuilder, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("a person's own")
    with pytest.raises(UsageError):
        bundle(Context(repository.path), tmp_path / "b.tar.gz")
    with pytest.raises(SystemFault):
        bundle(Context(repository.path), tmp_path / "missing" / "b.tar.gz")
    assert (tmp_path / "b.tar.gz").read_text() == "a person's own"
    assert [path.name for path in tmp_path.glob("*.gz*")] == ["b.tar.gz"]
