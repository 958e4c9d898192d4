"""What wta does to main, each in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.task import TaskState
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.landing.land import land_waiting
from wtagents.operations.merge import MergeRequestOptions, ask_to_land
from wtagents.operations.undo import UndoRequest, undo
from wtagents.store.tasks import tasks

if TYPE_CHECKING:
    from tests.support.simulation.play import Deed
    from tests.support.simulation.world import SimulatedContext


def land(context: SimulatedContext) -> None:
    land_waiting(context)


def clean(context: SimulatedContext) -> None:
    cleanup(context, CleanupRequest())


def ask_all(context: SimulatedContext) -> None:
    with context.database.read() as db:
        ready = any(task.state is TaskState.READY for task in tasks(db))
    if ready:
        ask_to_land(context, MergeRequestOptions(ready=True))


def taking_back(name: str) -> Deed:
    """Return the undo of what a task landed last."""

    def take_back(context: SimulatedContext) -> None:
        undo(context, UndoRequest(name=name))

    return take_back
