"""What a shell offers when a name is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.processes import run_to_end
from tests.support.stored import stored_task
from tests.support.warm import WTA
from wtagents.operations.context import Context
from wtagents.store.tasks import mark_removed
from wtagents.store.trash import add_trash_item, mark_swept
from wtagents.system.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Sandbox
    from tests.support.repository import RepositoryBuilder


def offered(sandbox: Sandbox, folder: Path, *words: str) -> list[str]:
    """Return what bash would be offered for the last of the words."""
    for name, value in {
        "_WTA_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["wta", *words]),
        "COMP_CWORD": str(len(words)),
    }.items():
        sandbox.set_variable(name, value)
    done = run_to_end([*WTA], cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    return [line.partition(",")[2] for line in done.stdout.decode().split()]


def commands_for_names_and_settings(repository: RepositoryBuilder, sandbox: Sandbox) -> None:
    with Context(repository.path).database.write() as db:
        for name in ("fix-login", "fix-logout", "docs"):
            stored_task(db, name)
    assert offered(sandbox, repository.path, "st") == ["status", "stop"]
    assert offered(sandbox, repository.path, "send", "fix") == ["fix-login", "fix-logout"]
    assert offered(sandbox, repository.path, "stop", "docs", "d") == ["docs"]
    assert offered(sandbox, repository.path, "config", "limits.a") == ["limits.agents"]


def test_undelete_offers_what_lies_in_the_trash(
    repository: RepositoryBuilder, sandbox: Sandbox
) -> None:
    context, now = Context(repository.path), SystemClock().now()
    with context.database.write() as db:
        for name in ("fix-1", "fix-2", "fix-3", "other", "fix-live"):
            task = stored_task(db, name)
            if name == "fix-live":
                continue
            item = add_trash_item(
                db,
                task_id=task.id,
                original=task.worktree,
                folder=context.paths.trash / name,
                branch=task.branch,
                tip=task.base,
                proof="merged",
                at=now,
            )
            mark_removed(db, task.id, now)
            if name == "fix-2":
                mark_swept(db, item.id, now)
        stored_task(db, "fix-3")
    assert offered(sandbox, repository.path, "undelete", "fix") == ["fix-1"]


def test_nothing_is_offered_where_there_is_nothing(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert offered(sandbox, repository.path, "send", "") == []
    assert offered(sandbox, tmp_path, "send", "") == []
    assert not Context(repository.path).paths.root.exists()
