"""What starts depend on beside the tasks themselves, read for the tick and for those who look."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wtagents.agent.account import account_of
from wtagents.core.snapshot import Surroundings
from wtagents.core.task import TaskState
from wtagents.operations.breakers import observe_breakers
from wtagents.store.limits import account_limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


def observe_surroundings(context: Context, db: Database, tasks: Iterable[Task]) -> Surroundings:
    """Look; `db` is inside an open read block. What costs more is read where somebody waits."""
    waiting = any(task.state is TaskState.QUEUED for task in tasks)
    return Surroundings(
        limits=account_limits(db, now=context.clock.now()),
        breakers=observe_breakers(context, db) if waiting else (),
    )


def account_for(task: Task) -> str:
    """Return the account that the next run of a task would work on."""
    return account_of(task.agent.kind, os.environ)


def model_for(context: Context, task: Task) -> str:
    """Return the model that the next run of a task asks for; '' leaves it to the program."""
    return task.agent.model or context.settings.agent.model or ""
