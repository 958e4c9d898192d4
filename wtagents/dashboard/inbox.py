"""What waits for a person: tasks to entries, oldest first, with what there is to know. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.figures import age
from wtagents.core.landing.merge import HELD, MergeState, Rejection
from wtagents.core.record import record
from wtagents.core.task import TaskState
from wtagents.core.tending.liveness import Liveness
from wtagents.core.text import printable
from wtagents.dashboard.grid import Cell, Column, Row, Tone, cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from wtagents.core.run import Question
    from wtagents.dashboard.homes import Sight
    from wtagents.operations.telling.status import TaskStatus

COLUMNS = (
    Column(title="", width=1),
    Column(title="REPO", most=16),
    Column(title="TASK", most=24),
    Column(title="WHY", width=8),
    Column(title="WHAT", flexible=True),
    Column(title="WAITS", width=5, right=True),
)
_GLYPHS = {
    "asks": "?",
    "stuck": "▲",
    "looping": "↻",
    "lost": "✕",
    "failed": "✕",
    "held": "‖",
    "conflict": "⋈",
    "rejected": "✕",
    "look": "!",
}
_CONFLICTS = (Rejection.CONFLICT, Rejection.RESOLUTION_REFUSED)


@record
class Waiting:
    """One thing that a person is needed for."""

    item: TaskStatus
    key: str
    """Names its task on this screen."""
    why: str
    """One of the words of the column WHY."""
    since: datetime
    label: str = ""
    """Of its repository, where there are several."""
    place: str = ""
    """Id of its repository."""

    @property
    def mark(self) -> str:
        """Names it: another thing of the same task has another mark."""
        question = question_of(self.item)
        what = question.request_id if question is not None else self.item.attention
        return f"{self.place} {self.item.task.id} {self.why} {what}".strip()


def question_of(item: TaskStatus) -> Question | None:
    """Return what the agent of a task asks."""
    return item.pulse.question if item.pulse is not None else None


def waiting_of(sights: Iterable[Sight]) -> tuple[Waiting, ...]:
    """Return what waits for a person, oldest first."""
    found = [
        Waiting(
            item=item,
            key=sight.key_of(item.task.name),
            why=why_of(item),
            since=_since(item),
            label=sight.label,
            place=sight.place,
        )
        for sight in sights
        for item in sight.seen.items
        if item.attention
    ]
    return tuple(sorted(found, key=lambda each: (each.since, each.item.task.id)))


def why_of(item: TaskStatus) -> str:
    """Return in one word why a person is needed."""
    if question_of(item) is not None:
        return "asks"
    if item.liveness in (Liveness.STUCK, Liveness.LOOPING, Liveness.LOST):
        return str(item.liveness)
    if item.task.state is TaskState.FAILED:
        return "failed"
    merge = item.merge
    if merge is not None and merge.state is MergeState.REJECTED:
        if merge.rejection in HELD:
            return "held"
        return "conflict" if merge.rejection in _CONFLICTS else "rejected"
    return "look"


def inbox_rows(waiting: Sequence[Waiting], *, now: datetime) -> tuple[Row, ...]:
    """Lay out what waits."""
    return tuple(Row(key=each.key, cells=_cells(each, now)) for each in waiting)


def alike(waiting: Sequence[Waiting], chosen: Waiting) -> tuple[Waiting, ...]:
    """Return the questions for a permission of the same tool, the chosen one first."""
    question = question_of(chosen.item)
    if question is None or question.inquiries:
        return ()
    others = [
        each
        for each in waiting
        if each is not chosen
        and (other := question_of(each.item)) is not None
        and other.tool == question.tool
        and not other.inquiries
    ]
    return (chosen, *others)


def _cells(each: Waiting, now: datetime) -> tuple[Cell, ...]:
    tone = Tone.BAD if each.why == "failed" else Tone.NOTICE
    question = question_of(each.item)
    what = _without(each.item.attention) if question is None else question.summary
    if question is not None and not question.inquiries:
        what = f"{question.tool}: {what}"
    return (
        cell(_GLYPHS[each.why], tone),
        cell(each.label, Tone.FAINT),
        cell(each.item.task.name, Tone.STRONG),
        cell(each.why, tone),
        cell(printable(what, 300)),
        cell(age((now - each.since).total_seconds()), Tone.FAINT),
    )


def _without(attention: str) -> str:
    """Leave out of the words what the column before has said."""
    for said in ("merge rejected: ", "held: "):
        attention = attention.removeprefix(said)
    return attention


def _since(item: TaskStatus) -> datetime:
    question = question_of(item)
    if question is not None:
        return question.asked_at
    if item.suspected_since is not None:
        return item.suspected_since
    if item.merge is not None and item.merge.state is MergeState.REJECTED:
        return item.merge.changed_at
    return item.task.changed_at
