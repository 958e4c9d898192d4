"""What the store says of each task: how it stands, and what others make of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.operations.telling.status import Behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wtagents.core.task import Task
    from wtagents.core.tending.admission import Wait
    from wtagents.core.tending.suspicion import Suspicion
    from wtagents.core.watching.radar import SeenClash
    from wtagents.operations.context import Context
    from wtagents.operations.radar.named import RadarClash
    from wtagents.store.database import Database
    from wtagents.store.standings import Standing

    Everybody = Callable[[], Mapping[int, Standing]]
    """How all tasks stand; asked only where it matters."""


@record
class TaskRow:
    """One task, as far as the store knows it."""

    standing: Standing
    messages: int
    """Those that wait to be delivered."""
    wait: Wait | None
    """What a queued task waits for."""
    behind: Behind | None
    """What a ready task lands after."""
    clashes: tuple[RadarClash, ...]
    red: str
    """The gate that fails on the target since the task has landed."""
    suspicion: Suspicion | None
    """What its run is suspected of."""

    @property
    def is_live(self) -> bool:
        """Whether a run lives, whose files and processes say more."""
        run = self.standing.run
        return run is not None and run.state in LIVE_RUN_STATES

    @property
    def rests(self) -> bool:
        """Whether time alone changes nothing about it."""
        return self.wait is None and not self.is_live


def task_rows(
    context: Context, db: Database, chosen: Iterable[Standing], everybody: Everybody
) -> list[TaskRow]:
    """Return what is known of the tasks that are chosen; `db` is inside an open read block."""
    from wtagents.store.messages import undelivered
    from wtagents.store.suspicions import suspicions

    named = list(chosen)
    states = {each.task.state for each in named}
    messages = Counter(each.task_id for each in undelivered(db))
    clashes, red = _clashes(db, everybody), _red(context, db)
    waits = _waits(context, db, everybody) if TaskState.QUEUED in states else {}
    behind = _behind(db) if TaskState.READY in states else {}
    suspected = suspicions(db)
    return [
        TaskRow(
            standing=each,
            messages=messages[each.task.id],
            wait=waits.get(each.task.id),
            behind=behind.get(each.task.id) if each.task.state is TaskState.READY else None,
            clashes=clashes.get(each.task.id, ()),
            red=red.get(each.task.id, ""),
            suspicion=suspected.get(each.run.id) if each.run is not None else None,
        )
        for each in named
    ]


def _red(context: Context, db: Database) -> Mapping[int, str]:
    """Return whose landing left the target red.

    Without such gates nobody has looked, and the search for the last look is a long one.
    """
    if not context.settings.merge.post_gate:
        return {}
    from wtagents.store.landed_checks import red_since

    return red_since(db)


def _waits(context: Context, db: Database, everybody: Everybody) -> Mapping[int, Wait]:
    from wtagents.operations.telling.waits import waits

    return waits(context, db, everybody())


def _behind(db: Database) -> dict[int, Behind]:
    """Return what tasks land after, of which one has not ended."""
    from wtagents.store.after import unlanded

    return {
        task_id: Behind(name=first.name, state=first.state)
        for task_id, first in unlanded(db).items()
    }


def _clashes(db: Database, everybody: Everybody) -> dict[int, tuple[RadarClash, ...]]:
    """Return the clashes of each live task, as the radar saw them last."""
    from wtagents.store.radar import seen_clashes

    seen = seen_clashes(db)
    return clashes_by_task(seen, (each.task for each in everybody().values())) if seen else {}


def clashes_by_task(
    seen: Iterable[SeenClash], tasks: Iterable[Task]
) -> dict[int, tuple[RadarClash, ...]]:
    """Return the clashes of each of the tasks that still has work of its own."""
    from wtagents.core.watching.radar import TARGET, is_watched
    from wtagents.operations.radar.named import named_clash

    known = {task.id: task for task in tasks if is_watched(task)}
    found: dict[int, tuple[RadarClash, ...]] = {}
    for each in seen:
        if all(side in known or side == TARGET for side in each.clash.pair):
            for side in each.clash.pair:
                found[side] = (*found.get(side, ()), named_clash(each, known))
    return found
