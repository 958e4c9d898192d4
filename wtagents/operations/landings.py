"""landings: the whole of the queue at one moment: what waits, what gates say, what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.record import record
from wtagents.core.text import printable_lines
from wtagents.operations.queue import Queue, queue
from wtagents.operations.result import OperationResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import TaskName
    from wtagents.core.landing.merge import MergeRequest
    from wtagents.operations.context import Context

MOST_DECIDED = 100
MOST_LOGS = 4
_TAIL_BYTES = 8192
_TAIL_LINES = 40


@record
class Decided:
    """One request that has ended."""

    task: TaskName
    request: MergeRequest
    undone: bool


@record
class GateOutput:
    """What a gate that runs now has said last."""

    name: str
    """Of its log file, which begins with the task."""
    lines: tuple[str, ...]


@record
class Landings:
    """The queue, before and after."""

    queue: Queue
    requests: tuple[MergeRequest, ...]
    """Those that have not ended."""
    running: tuple[GateOutput, ...]
    decided: tuple[Decided, ...]
    """Latest first."""


def landings(context: Context) -> OperationResult[Landings | None]:
    """Look at all of it; None while nothing was ever stored. Raises SystemFault."""
    from wtagents.store.merges import live_merge_requests, recent_merge_requests
    from wtagents.store.tasks import tasks
    from wtagents.store.undos import undone_landings

    db = context.reader
    if db is None:
        return OperationResult(data=None)
    with db.read():
        live = tuple(live_merge_requests(db))
        ended = [each for each in recent_merge_requests(db, MOST_DECIDED) if each not in live]
        names = {task.id: task.name for task in tasks(db, removed=True)}
        undone = undone_landings(db)
    decided = tuple(
        Decided(task=names[each.task_id], request=each, undone=each.id in undone)
        for each in ended
        if each.task_id in names
    )
    gating = [each.changed_at for each in live if each.state is MergeState.GATING]
    running = tuple(_running(context.paths.gates, min(gating))) if gating else ()
    seen = queue(context).data
    return OperationResult(
        data=Landings(queue=seen, requests=live, running=running, decided=decided)
    )


def _running(folder: Path, since: datetime) -> Iterator[GateOutput]:
    """Return the logs that were written to since, latest first."""
    for modified, log in gate_logs(folder)[:MOST_LOGS]:
        if modified >= since.timestamp():
            yield GateOutput(name=log.stem, lines=tuple(tail_of(log)))


def gate_logs(folder: Path) -> list[tuple[float, Path]]:
    """Return what gates have said, each with when it was written last, latest first."""
    try:
        found = [(each.stat().st_mtime, each) for each in folder.glob("*.log")]
    except OSError:
        return []
    return sorted(found, reverse=True)


def tail_of(log: Path) -> list[str]:
    """Return the last lines of a log."""
    try:
        with log.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return printable_lines(text.strip("\n"))[-_TAIL_LINES:]
