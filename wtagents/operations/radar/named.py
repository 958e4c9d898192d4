"""Clashes with names instead of ids; loads little, for `wta status` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.core.watching.radar import TARGET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wtagents.core.ids import TaskName
    from wtagents.core.task import Task
    from wtagents.core.watching.radar import Misfit, Place, SeenClash, Span

_MOST_SPANS = 4


@record
class RadarClash:
    """Two sides that do not fit together."""

    task: TaskName
    other: str
    """The other task, or the branch that the task goes to."""
    with_target: bool
    later: TaskName
    """The side that came second."""
    places: tuple[Place, ...]
    """`lines` are those of `task`, `other_lines` those of `other`."""
    misfits: tuple[Misfit, ...]
    since: datetime

    def beside(self, name: str) -> str:
        """Return the other side of a task."""
        return self.other if self.with_target or self.task == name else self.task


def named_clash(seen: SeenClash, known: Mapping[int, Task]) -> RadarClash:
    """Say a clash with names. Raises KeyError for a task that is not among the known ones."""
    clash = seen.clash
    task = known[clash.first_id]
    with_target = clash.second_id == TARGET
    return RadarClash(
        task=task.name,
        other=task.target if with_target else known[clash.second_id].name,
        with_target=with_target,
        later=known[seen.later_id].name,
        places=clash.places,
        misfits=clash.misfits,
        since=seen.since,
    )


def place_text(place: Place, clash: RadarClash) -> str:
    """Say where and why: `src/app.py: both changed the same lines (a 10-14, b 12)`."""
    kind = place.kind
    if not clash.with_target:
        for side, name in (("the target", clash.task), ("the branch", clash.other)):
            kind = kind.replace(f"on {side}", f"by {name}").replace(side, name)
    sides = ((clash.task, place.lines), (clash.other, place.other_lines))
    lines = ", ".join(f"{name} {_spans(spans)}" for name, spans in sides if spans)
    return f"{printable(place.path)}: {kind}{f' ({lines})' if lines else ''}"


def _spans(spans: Sequence[Span]) -> str:
    shown = ", ".join(map(str, spans[:_MOST_SPANS]))
    return f"{shown}, …" if len(spans) > _MOST_SPANS else shown
