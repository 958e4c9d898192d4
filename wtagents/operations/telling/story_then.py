"""story_then: what the agent of a task had told by a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.stream import parse_line
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.story import StoryLine, Voice
from wtagents.operations.telling.logs import end_of_run, set_up_of_run
from wtagents.operations.telling.story import Teller
from wtagents.operations.telling.then import observe_then
from wtagents.system.run_folder import pulse_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from threading import Event

    from wtagents.core.run import Run
    from wtagents.operations.context import Context

MOST_BYTES = 32 << 20
"""Of one run's stream; what was said before is not told."""
_CHUNK = 1 << 20


def story_until(
    context: Context, name: str, at: datetime, *, closed: Event | None = None
) -> Iterator[StoryLine]:
    """Tell the runs of a task that had this name, up to a moment; setting `closed` ends it.

    Raises NotFoundError for an unknown task.
    """
    with context.records.read() as db:
        then = observe_then(db, at)
    (task,) = then.named((name,))
    teller, root = Teller(), str(task.worktree)
    for run in then.runs.get(task.id, ()):
        yield _note(f"run {run.number}")
        yield from set_up_of_run(context, run)
        stream, said = context.paths.run(run.id).stream, _said(context, run, at)
        yield from _gap(run, said)
        for line in _lines_until(stream, said or 0):
            if closed is not None and closed.is_set():
                return
            for event in parse_line(line, root=root):
                yield from teller.lines(event)
        if run.state not in LIVE_RUN_STATES:
            yield from end_of_run(context, run)


def _said(context: Context, run: Run, at: datetime) -> int | None:
    """Return how long the stream of a run was; None where that, or the stream, was not kept."""
    folder = context.paths.run(run.id)
    if not folder.stream.exists():
        return None
    if run.state not in LIVE_RUN_STATES:
        return folder.stream.stat().st_size
    kept = pulse_until(folder, at)
    return kept.said if kept is not None else None


def _gap(run: Run, said: int | None) -> Iterator[StoryLine]:
    """Say what is not told of a run, and why."""
    if said is None:
        yield _note(f"what run {run.number} had told by then was not kept")
    elif said > MOST_BYTES:
        yield _note(f"what run {run.number} told first is left out: wta logs has all of it")


def _lines_until(path: Path, end: int) -> Iterator[bytes]:
    """Yield the whole lines of the first `end` bytes, of many bytes those of the last ones."""
    if not end:
        return
    place = max(0, end - MOST_BYTES)
    with path.open("rb") as stream:
        stream.seek(place)
        if place:
            place += len(stream.readline())
        rest = b""
        while place < end and (chunk := stream.read(min(_CHUNK, end - place))):
            place += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole


def _note(text: str) -> StoryLine:
    return StoryLine(voice=Voice.NOTE, text=text, child=False)
