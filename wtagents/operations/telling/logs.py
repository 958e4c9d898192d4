"""logs: the story of a task's agent, from the stream that its runner keeps.

Following reads what was appended since the last look; a line is told when it is whole.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from wtagents.agent.stream import parse_line
from wtagents.core.errors import NotFoundError
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.story import StoryLine, Voice
from wtagents.core.text import printable
from wtagents.operations.telling.story import Teller
from wtagents.store.runs import run_by_id, runs_of
from wtagents.store.tasks import require_task
from wtagents.system import run_folder
from wtagents.system.files import load_tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.run import Run
    from wtagents.core.task import Task
    from wtagents.operations.context import Context

_PAUSE = 0.2
_TAIL = 16384


@record
class LogsRequest:
    """What `wta logs` was asked for."""

    name: str
    run: int | None = None
    """Number of the run; None for all runs of the task."""
    follow: bool = False
    """Stay until the last run has ended."""


def story(
    context: Context,
    request: LogsRequest,
    *,
    closed: Event | None = None,
    teller: Teller | None = None,
) -> Iterator[StoryLine]:
    """Tell the runs of a task; setting `closed` ends the telling at once.

    `teller` remembers what earlier runs told. Raises NotFoundError for an unknown task or run.
    """
    closed = closed or Event()
    teller = teller or Teller()
    task, runs = _runs(context, request)
    for run in runs:
        yield StoryLine(voice=Voice.NOTE, text=f"run {run.number}", child=False)
        yield from set_up_of_run(context, run)
        for line in _lines(context, run, closed, follow=request.follow):
            for event in parse_line(line, root=str(task.worktree)):
                yield from teller.lines(event)
        yield from end_of_run(context, run)


def raw_lines(
    context: Context, request: LogsRequest, *, closed: Event | None = None
) -> Iterator[bytes]:
    """Return the agent's own lines as they were written; setting `closed` ends it at once."""
    closed = closed or Event()
    _, runs = _runs(context, request)
    for run in runs:
        yield from _lines(context, run, closed, follow=request.follow)


def _runs(context: Context, request: LogsRequest) -> tuple[Task, list[Run]]:
    with context.records.read() as db:
        task = require_task(db, request.name)
        runs = runs_of(db, task.id)
    chosen = [run for run in runs if request.run is None or run.number == request.run]
    if not chosen:
        what = f"run {request.run}" if request.run is not None else "run yet"
        raise NotFoundError(
            f"task {request.name} has no {what}", hint=f"see its state: wta status {request.name}"
        )
    return task, chosen


def set_up_of_run(context: Context, run: Run) -> Iterator[StoryLine]:
    """Say where the output of set-up and checks is."""
    folder = context.paths.run(run.id)
    for what, path in (("set-up", folder.setup_log), ("checks", folder.checks_log)):
        if path.is_file() and path.stat().st_size:
            yield StoryLine(voice=Voice.NOTE, text=f"{what} log: {path}", child=False)


def end_of_run(context: Context, run: Run) -> Iterator[StoryLine]:
    """Say how a run ended, and what it was kept from; nothing while it lives."""
    for host in load_tail(context.paths.run(run.id).refused, _TAIL).split():
        kept = f"kept from {printable(host)}, which sandbox.network does not name"
        yield StoryLine(voice=Voice.NOTE, text=kept, child=False)
    end = run_folder.load_exit(context.paths.run(run.id)) or run.exit
    if end is not None:
        why = f": {end.detail}" if end.detail else ""
        yield StoryLine(
            voice=Voice.END, text=f"run {run.number} ended, {end.reason}{why}", child=False
        )


def _lines(context: Context, run: Run, closed: Event, *, follow: bool) -> Iterator[bytes]:
    path = context.paths.run(run.id).stream
    rest, offset = b"", 0
    while not closed.is_set():
        ended = not follow or _has_ended(context, run)
        chunk = _read_from(path, offset)
        offset += len(chunk)
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        if ended:
            break
        if not chunk:
            context.clock.wait(closed, _PAUSE)
    if rest:
        yield rest


def _read_from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read()
    except FileNotFoundError:
        return b""


def _has_ended(context: Context, run: Run) -> bool:
    if run_folder.load_exit(context.paths.run(run.id)) is not None:
        return True
    with context.records.read() as db:
        current = run_by_id(db, run.id)
    return current is None or current.state not in LIVE_RUN_STATES
