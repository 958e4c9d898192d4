"""What an agent is told of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.stored import stored_task
from wtagents.core.task import TaskState
from wtagents.operations.context import Context
from wtagents.operations.starting.instructions import instructions_for
from wtagents.store.tasks import move_task

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def test_of_very_many_others_those_at_work_are_named_and_the_rest_counted(
    repository: RepositoryBuilder,
) -> None:
    context = Context(repository.path)
    with context.database.write() as db:
        mine, *others = [stored_task(db, f"t{number}", prompt="do it") for number in range(61)]
        for state in (TaskState.PREPARING, TaskState.ACTIVE):
            move_task(db, others[-1].id, state, at=others[-1].created_at)

    told = instructions_for(context, mine)
    context.close()

    lines = [line for line in told.splitlines() if line.startswith(("- `t", "- and"))]
    named = ["t60", *(f"t{number}" for number in range(1, 50))]
    assert lines == [*(f"- `{name}`: do it" for name in named), "- and 10 more"]
