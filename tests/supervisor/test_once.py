"""One look by hand or from cron: what it says of what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.stored import stored_task
from wtagents.cli.main import main
from wtagents.operations.context import Context
from wtagents.operations.steering.pause import pause
from wtagents.operations.steering.stop import cancel

if TYPE_CHECKING:
    import pytest

    from tests.support.repository import RepositoryBuilder


def test_it_says_whether_tasks_are_left(
    repository: RepositoryBuilder, capsys: pytest.CaptureFixture[str]
) -> None:
    context = Context(repository.path)
    pause(context, ())
    with context.database.write() as db:
        stored_task(db)
    once = ["-C", str(repository.path), "supervise", "--once"]
    assert main(once) == 0
    assert capsys.readouterr().out == "ended after 2 ticks: tasks are left to look after\n"
    cancel(context, ["fix-login"])
    assert main(once) == 0
    assert capsys.readouterr().out == "ended after 2 ticks: nothing is left to look after\n"
    context.close()
