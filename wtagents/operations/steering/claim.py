"""claim: hold paths for a task, so that the agents of others hear of it before they edit them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.lifecycle import ENDED_TASK_STATES
from wtagents.core.record import record
from wtagents.core.watching.claim import Claim, overlaps, parse_area
from wtagents.operations.radar.holds import record_holds
from wtagents.operations.result import OperationResult
from wtagents.store.claims import add_claim, claims, drop_claim
from wtagents.store.radar import touches
from wtagents.store.tasks import require_task, tasks

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.store.database import Database


class How(StrEnum):
    """Why a task holds a path."""

    CLAIMED = "claimed"
    OWNED = "owned"
    CHANGED = "changed"


@record
class ClaimRequest:
    """What `wta claim` was asked for."""

    name: str
    paths: tuple[str, ...]
    release: bool = False


@record
class Hold:
    """A path that a task holds."""

    path: str
    task: str
    """Its name; for `owned` the name or pattern of the configuration."""
    how: How
    since: datetime | None


def claim(context: Context, request: ClaimRequest) -> OperationResult[tuple[Hold, ...]]:
    """Claim paths for a task, or release them, all or none; return what it holds by claim then.

    Raises StateError for a path that another task has claimed, NotFoundError for the release of
    what was not claimed.
    """
    areas = tuple(dict.fromkeys(map(parse_area, request.paths)))
    with context.database.write() as db:
        task = require_task(db, request.name)
        for area in areas:
            if request.release:
                _release(context, db, task, area)
            else:
                _claim(context, db, task, area)
        own = [each for each in claims(db) if each.task_id == task.id]
    record_holds(context)
    return OperationResult(data=tuple(_claimed(each, task.name) for each in own))


def _claim(context: Context, db: Database, task: Task, area: str) -> None:
    if task.state in ENDED_TASK_STATES:
        raise StateError(f"task {task.name} is {task.state}", hint="claim for a task that is live")
    live = _live(db)
    for other in claims(db):
        if other.task_id != task.id and other.task_id in live and overlaps(other.path, area):
            holder = live[other.task_id].name
            raise StateError(
                f"{area} is claimed by {holder}",
                cause="" if other.path == area else f"it holds {other.path}",
                hint=f"wta claim {holder} {other.path} --release",
            )
    add_claim(db, Claim(task_id=task.id, path=area, since=context.clock.now()))


def _release(context: Context, db: Database, task: Task, area: str) -> None:
    if not drop_claim(db, task.id, area, context.clock.now()):
        raise NotFoundError(f"{task.name} has not claimed {area}", hint="see all: wta claim")


def holds(context: Context, name: str | None) -> OperationResult[tuple[Hold, ...]]:
    """Return who holds what: claims, the configuration's owners, then what was changed first."""
    with context.database.read() as db:
        chosen = None if name is None else require_task(db, name)
        live = _live(db)
        found = [
            _claimed(each, live[each.task_id].name) for each in claims(db) if each.task_id in live
        ]
        changed = [each for each in touches(db) if each.task_id in live]
    for own in context.settings.radar.own:
        found += [Hold(path=p, task=own.task, how=How.OWNED, since=None) for p in own.paths]
    first = {each.path: each for each in reversed(changed)}
    found += [
        Hold(path=path, task=live[touch.task_id].name, how=How.CHANGED, since=touch.since)
        for path, touch in sorted(first.items())
    ]
    return OperationResult(
        data=tuple(each for each in found if chosen is None or each.task == chosen.name)
    )


def _live(db: Database) -> dict[int, Task]:
    return {task.id: task for task in tasks(db) if task.state not in ENDED_TASK_STATES}


def _claimed(claim: Claim, name: str) -> Hold:
    return Hold(path=claim.path, task=name, how=How.CLAIMED, since=claim.since)
