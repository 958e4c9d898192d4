"""What becomes of a desk whose task has ended in another way: gone, or kept for what is on it."""

from __future__ import annotations

import logging
import shlex
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.git.hub import open_hub
from wtagents.operations.resolving.desk import Desk, load_opened
from wtagents.store.tasks import require_task_by_id
from wtagents.system.lock import try_lock

if TYPE_CHECKING:
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell
    from wtagents.operations.resolving.desk import Opened

logger = logging.getLogger(__name__)


def retire_desks(context: Context, tell: Tell) -> None:
    """Drop the desks of tasks that have landed or were given up; say which one is kept, and why.

    A desk that somebody sits at is left alone, and no fault of one is anybody else's.
    """
    folder = context.paths.resolving
    if not folder.is_dir():
        return
    for root in sorted(folder.iterdir()):
        try:
            opened = load_opened(root)
            if opened is not None:
                _retire(context, opened, tell)
        except (WtaError, OSError, LookupError):
            logger.exception("the checkout of wta resolve in %s", root)


def _retire(context: Context, opened: Opened, tell: Tell) -> None:
    with context.database.read() as db:
        task = require_task_by_id(db, opened.task_id)
    if task.state not in ENDED_TASK_STATES:
        return
    with try_lock(context.paths.resolving / f"{task.name.folder}.lock") as held:
        if held:
            tell(f"{task.name}: {_end(context, task, opened)}")


def _end(context: Context, task: Task, opened: Opened) -> str:
    desk = Desk(context, open_hub(context.paths, context.repository), task)
    if desk.is_bare(opened):
        desk.clear()
        return f"it is {task.state}; nobody had edited its checkout of wta resolve, which is gone"
    place = shlex.quote(str(desk.folder))
    return (
        f"it is {task.state}; its checkout of wta resolve holds what somebody did there and stays:"
        f" {place}; drop it: wta resolve {task.name} --abort"
    )
