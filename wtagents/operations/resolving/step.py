"""The next conflict of a task that needs a person: every rung without a model has climbed already.

A branch of several commits may need several steps. Nothing outside the hub changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.landing.rung import Rung
from wtagents.core.record import record
from wtagents.git.merging.predict import open_merge_desk
from wtagents.git.merging.rebase import ReplayConflict, resume_replay
from wtagents.operations.landing.candidate import first_replay
from wtagents.operations.landing.climbing.foresee import climb_alone, imagined_landing
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.landing.source import Source, observe_ends, observe_shared

if TYPE_CHECKING:
    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.git.hub import Hub
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.operations.context import Context
    from wtagents.operations.landing.climbing.climb import Climb


@record
class Step:
    """One stop of a replay at which a person is needed."""

    source: Source
    tree: Oid
    """The half-merged tree; what other rungs have solved is solved in it."""
    half: Oid
    """The same before any rung."""
    conflicts: tuple[Conflict, ...]
    """All of them."""
    left: tuple[Conflict, ...]
    """Those that nobody has solved; of a step that is opened again those that the person solved."""


def current_ends(context: Context, task: Task) -> Source:
    """Return the tips of branch and target now. Raises StateError when one is gone."""
    ends = observe_ends(task, task.target, observe_shared(context, [task]))
    if isinstance(ends, Refusal):
        raise StateError(f"task {task.name} cannot land", cause=ends.detail, hint=ends.hint)
    return ends


def next_step(
    context: Context, hub: Hub, task: Task, source: Source, *, again: bool = False
) -> Step | None:
    """Return the first step that nobody has answered; None when there is none.

    `again` returns the last step that a person has answered, then.
    """
    landing = imagined_landing(context, task)
    hub.fetch(context.repository, source.tip, source.onto)
    with open_merge_desk(hub, source.onto) as desk:
        result = first_replay(desk, task, source, squash=landing.request.squash)
    answered: Step | None = None
    while isinstance(result, ReplayConflict):
        climbing = climb_alone(landing, hub, result, source.onto)
        if climbing.left:
            return _step(climbing, source, climbing.left)
        mine = {e.resolution.path for e in climbing.answers if e.resolution.rung is Rung.PERSON}
        if mine:
            theirs = tuple(each for each in result.conflicts if each.path in mine)
            answered = _step(climbing, source, theirs)
        result = resume_replay(hub, result, climbing.tree())
    return answered if again else None


def _step(climbing: Climb, source: Source, left: tuple[Conflict, ...]) -> Step:
    return Step(
        source=source,
        tree=climbing.tree(),
        half=climbing.conflict.tree,
        conflicts=climbing.conflict.conflicts,
        left=left,
    )
