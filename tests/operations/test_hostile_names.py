"""One corpus of names, through everything that takes one: nothing is obeyed, nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.hostile_names import HOSTILE_NAMES
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.cli.main import main
from wtagents.core.errors import ExitCode, UsageError, WtaError
from wtagents.core.ids import BranchName, TaskName
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.task import AgentKind, AgentSpec, TaskState
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.restore import RestoreRequest, restore
from wtagents.operations.keeping.undelete import undelete
from wtagents.operations.radar.watch import watch
from wtagents.operations.steering.pause import pause
from wtagents.operations.steering.send import SendRequest, send
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.steering.stop import cancel
from wtagents.store.messages import messages_of


def accepted(kind: type[TaskName | BranchName]) -> list[str]:
    """Return the names that can be one."""
    return [name for name in HOSTILE_NAMES if is_accepted(kind, name)]


def is_accepted(kind: type[TaskName | BranchName], name: str) -> bool:
    try:
        return kind.parse(name) == name
    except UsageError:
        return False


def refs_of(fleet: Fleet) -> bytes:
    return fleet.main.git_bytes("for-each-ref")


@pytest.fixture
def fleet(repository: RepositoryBuilder, tmp_path: Path, sandbox: Sandbox) -> Iterator[Fleet]:
    """A fleet whose person has a branch of every name that git takes."""
    branches = [name for name in accepted(BranchName) if name not in ("main", "wta")]
    commands = "".join(f"create refs/heads/{name}\0{repository.tip('main')}\0" for name in branches)
    repository.git("update-ref", "--stdin", "-z", stdin=os.fsencode(commands))
    assert len(branches) > 20
    sandbox.enter(repository.path)
    built = Fleet(repository)
    yield built
    built.context.close()
    for root in (tmp_path, sandbox.home):
        assert [path for path in root.rglob("pwned*") if path.name == "pwned"] == []


def test_task_names_are_taken_or_refused_in_words_and_nothing_else_happens(fleet: Fleet) -> None:
    pause(fleet.context, ())
    refs, names = refs_of(fleet), accepted(TaskName)
    assert 5 < len(names) < 20
    for name in HOSTILE_NAMES:
        request = SpawnRequest(name=name, prompt=name, agent=AgentSpec(kind=AgentKind.SCRIPTED))
        if name in names:
            spawn(fleet.context, request)
            assert (fleet.row(name).state, fleet.row(name).prompt) == (TaskState.QUEUED, name)
        else:
            with pytest.raises(WtaError) as caught:
                spawn(fleet.context, request)
            assert caught.value.message.isprintable()
    assert refs_of(fleet) == refs, "who waits has no branch yet"
    cancel(fleet.context, names)
    cleanup(fleet.context, CleanupRequest(all=True))
    assert refs_of(fleet) == refs


def test_files_of_every_name_are_kept_landed_and_brought_back(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: f"{number}\n" for number, name in enumerate(HOSTILE_NAMES) if is_file_name(name)}
    assert len(files) > 60
    worker = fleet.task("fix", prompt="\n".join(filter(str.isprintable, HOSTILE_NAMES)))
    worker.write(files)
    worker.git("add", "--all")
    worker.git("commit", "-q", "-m", "".join(HOSTILE_NAMES[:14]).replace("\n", " "))
    take_checkpoint(fleet.context, fleet.row("fix"), Cause.TIME)
    worker.write(dict.fromkeys(files))
    restore(fleet.context, RestoreRequest(name="fix"))
    assert worker.status() == []
    watch(fleet.context)

    lines = ("status fix", "status", "why fix", "diff fix", "radar", "checkpoints fix", "claim")
    for line in lines:
        assert main([*line.split()]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert [each for each in shown if not (each.isprintable() or each in "\t\n")] == []
    assert [line for line in shown.splitlines() if "a\tb" in line] == []

    fleet.land("fix")
    landed = fleet.main.git_bytes("ls-tree", "-r", "-z", "--name-only", "main")
    assert set(os.fsdecode(landed).split("\0")[:-1]) == {"README.md", *files}
    worker.write({"left\nover": "1\n", "-n": "2\n"})
    before = worker.files()
    cleanup(fleet.context, CleanupRequest(names=("fix",)))
    assert not worker.path.exists()
    undelete(fleet.context, "fix")
    assert worker.files() == before


def test_words_arrive_as_they_were_said(fleet: Fleet) -> None:
    fleet.task("fix", {"a": "1\n"})
    pause(fleet.context, ())
    said = [name for name in HOSTILE_NAMES if name.strip() and "\udcff" not in name]
    for words in said:
        send(fleet.context, SendRequest(name="fix", text=words, wait_seconds=0))
    task = fleet.row("fix")
    with fleet.context.database.read() as db:
        assert [message.body for message in messages_of(db, task.id)] == said


def is_file_name(name: str) -> bool:
    return name not in (".", "..") and "/" not in name
