"""What processes of wta do that nobody has to choose a task for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.operations.steering.pause import resume, thaw
from wtagents.operations.telling.alerts import note_what_is_new
from wtagents.operations.tick import tick
from wtagents.store.pauses import pauses

if TYPE_CHECKING:
    from tests.support.simulation.world import SimulatedContext


def let_go(context: SimulatedContext) -> None:
    """Thaw what is frozen and resume what is paused."""
    with context.database.read() as db:
        is_frozen = pauses(db).frozen
    if is_frozen:
        thaw(context)
    resume(context, (), everything=True)


def let_tick(context: SimulatedContext) -> None:
    """Make a pass, and note what a person is to hear where things cost something."""
    seen, machine = tick(context).seen, context.machine
    machine.looked_at = seen.at
    if machine.purse is not None:
        machine.purse.told_at = machine.moment
        note_what_is_new(context, seen)
