"""Where the dashboard opens, and where it says why it does not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.support.processes import run_to_end
from tests.support.records import NOW
from tests.support.stored import ended_run, stored_task
from tests.support.terminal import talk_in_pty
from wtagents.core.run import Usage
from wtagents.core.task import TaskState
from wtagents.operations.context import Context
from wtagents.store.tasks import move_task

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repository import RepositoryBuilder

WTA = (sys.executable, "-m", "wtagents")
SHOWN, BYE = b"fix-login", b"q"


def with_a_task(repository: RepositoryBuilder) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        stored_task(db)
    context.close()


def test_without_a_terminal_it_says_what_to_do(repository: RepositoryBuilder) -> None:
    done = run_to_end([*WTA, "dashboard"], cwd=repository.path)
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr == b"error: there is no terminal to show it on\nhint: wta status\n"


def test_wta_alone_opens_it_where_there_are_tasks(repository: RepositoryBuilder) -> None:
    done = run_to_end([*WTA], cwd=repository.path)
    assert done.stdout.startswith(b"Usage: wta"), "no terminal, no dashboard"
    status, drawn = talk_in_pty(WTA, cwd=repository.path, talk=[(b"Usage: wta", b"")])
    assert status == 0
    assert b"Exit status" in drawn, "no tasks, no dashboard"
    with_a_task(repository)
    status, drawn = talk_in_pty(WTA, cwd=repository.path, talk=[(SHOWN, BYE)])
    assert status == 0
    assert b"Usage: wta" not in drawn


def test_the_status_line_is_one_line_and_empty_where_there_is_nothing(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    for place in (tmp_path, repository.path):
        nothing = run_to_end([*WTA, "statusline"], cwd=place)
        assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, b"\n", b"")
    with_a_task(repository)
    context = Context(repository.path)
    with context.database.write() as db:
        task = stored_task(db, "docs")
        ended_run(db, task, usage=Usage(cost_usd=1.5), at=context.clock.now())
        move_task(db, task.id, TaskState.ACTIVE, at=NOW)
        move_task(db, task.id, TaskState.READY, at=NOW)
    context.close()
    done = run_to_end([*WTA, "statusline"], cwd=repository.path)
    assert (done.returncode, done.stdout) == (
        0,
        b"0 agents \xc2\xb7 1 ready \xc2\xb7 $1.50 today\n",
    )
