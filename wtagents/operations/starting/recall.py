"""What an agent had heard before its run was lost.

A runner that was killed could not write down what its agent took; the agent's own output tells.
And what an agent took in its last moments may be missing in the conversation that it saved: Claude
Code writes its transcript some tenths of a second after the fact, later on a loaded machine. Sent
again, words taken in the middle of a turn would be heard twice (2.1.329 knows a message again only
when it began a turn), so they are repeated with the remark that they may be known.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wtagents.agent.events import MessageMoved, MessageStage
from wtagents.agent.port import wire_id
from wtagents.agent.stream import parse_line
from wtagents.core.message import MessageKind
from wtagents.store.messages import undelivered
from wtagents.system import run_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wtagents.core.message import Message
    from wtagents.core.run import Run
    from wtagents.operations.context import Context
    from wtagents.system.paths import RunFolder

UNSAVED = timedelta(seconds=5)
"""How long before the last sign of an agent its conversation may have been saved last."""


def heard_unrecorded(context: Context, run: Run) -> list[Message]:
    """Return the words that the agent of a lost run took although nobody wrote it down."""
    folder = context.paths.run(run.id)
    posted = run_folder.posted(folder)
    with context.database.read() as db:
        waiting = [m for m in undelivered(db, run.task_id) if m.kind is MessageKind.TEXT]
    wires = {wire_id(run.session_id, m.id): m for m in waiting if m.id in posted}
    heard = set(_taken_wires(folder, wires)) if wires else set()
    return [message for wire, message in wires.items() if wire in heard]


def _taken_wires(folder: RunFolder, wires: dict[str, Message]) -> Iterator[str]:
    marks = [wire.encode() for wire in wires]
    try:
        with folder.stream.open("rb") as stream:
            for line in stream:
                if any(mark in line for mark in marks):
                    yield from (
                        event.wire
                        for event in parse_line(line)
                        if isinstance(event, MessageMoved) and event.stage is MessageStage.STARTED
                    )
    except OSError:
        return


def maybe_unsaved(context: Context, run: Run, texts: Sequence[Message]) -> list[Message]:
    """Return the words that a run took so late that its conversation may not hold them."""
    activity = run_folder.activity(context.paths.run(run.id))
    if activity is None:
        return []
    since = datetime.fromtimestamp(activity.modified, UTC) - UNSAVED
    return [m for m in texts if m.run_id == run.id and m.delivered_at and m.delivered_at >= since]
