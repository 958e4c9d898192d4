"""How many agents may work now: between two numbers, by the queue, the load and the memory.

without a least number    always the most
with one                  the least, and one more for every second task that wants to work beyond;
                          none more while the machine is busy, or has no memory for one more

A number that shrinks stops nobody: it only keeps others from starting. The memory floor holds back
everybody, the least number too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.size import size_text

if TYPE_CHECKING:
    from wtagents.core.tending.snapshot import Snapshot

AGENT_MEMORY = 500 * 10**6
"""Bytes that one more agent needs beyond the floor: about what Claude Code takes at work."""
CALM = 1.0
"""Load per processor above which nobody is added, where the settings do not say."""


@record
class Scale:
    """The settings."""

    least: int | None = None
    most: int
    load: float | None = None
    """Highest load per processor."""
    memory_floor: int = 0
    """Bytes that must be free."""


@record
class Places:
    """How many agents may work, and why not more; '' where the number never changes."""

    number: int
    why: str = ""


def places(scale: Scale, snapshot: Snapshot) -> Places:
    """Return how many agents may work at this moment."""
    least, most, working = scale.least, scale.most, snapshot.live_runs
    if least is None:
        return Places(number=most)
    wanted = working + len(snapshot.around.queue)
    number = min(most, least + max(0, wanted - least + 1) // 2)
    why = f"{wanted} tasks work or want to"
    for room, shortage in _shortages(scale, snapshot):
        if max(least, working + room) < number:
            number, why = max(least, working + room), shortage
    return Places(number=number, why=f"{number} of {least} to {most}: {why}")


def _shortages(scale: Scale, snapshot: Snapshot) -> list[tuple[int, str]]:
    """Return for how many more agents there is room, and what there is too little of."""
    load, memory, found = snapshot.around.load, snapshot.around.free_memory, []
    if load is not None and load > (scale.load or CALM):
        found.append((0, f"the load is {load:.1f} per processor"))
    if memory is not None:
        room = max(0, memory - scale.memory_floor) // AGENT_MEMORY
        found.append((room, f"{size_text(memory)} of memory are free"))
    return found
