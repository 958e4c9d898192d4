"""Take the checkpoints that are due, of all tasks that have not ended."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.keeping.checkpoint import Cause, due_cause, moment_of
from wtagents.core.watching.radar import is_watched
from wtagents.operations.checkpointing.take import LOCK_SECONDS, take_checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wtagents.core.keeping.checkpoint import Moment
    from wtagents.core.task import Task
    from wtagents.core.tending.snapshot import Snapshot
    from wtagents.operations.context import Context

logger = logging.getLogger(__name__)

Due = tuple["Task", Cause, "Moment"]


def due_checkpoints(
    snapshot: Snapshot, last: Mapping[int, Moment], *, at: float, every: float
) -> list[Due]:
    """Return what is due, each with where its task stands: `last` after it was taken."""
    found = []
    for view in snapshot.views:
        if is_watched(view.task):
            moment = moment_of(view, at=at)
            cause = due_cause(view, last.get(view.task.id), moment, every=every)
            if cause is not None:
                found.append((view.task, cause, moment))
    return found


def keep_checkpoints(context: Context, due: Iterable[Due]) -> None:
    """Take them one after the other; one that fails is logged and never stops the rest."""
    for task, cause, _ in due:
        try_checkpoint(context, task, cause)


def try_checkpoint(
    context: Context, task: Task, cause: Cause, *, seconds: float = LOCK_SECONDS
) -> None:
    """Take one where that is possible and wanted: no work ever waits for it in vain."""
    if not context.settings.checkpoints.enabled:
        return
    try:
        take_checkpoint(context, task, cause, seconds=seconds)
    except (WtaError, OSError) as error:
        why = error.cause if isinstance(error, WtaError) and error.cause else error
        logger.warning("no checkpoint of %s: %s (%s)", task.name, error, why)
