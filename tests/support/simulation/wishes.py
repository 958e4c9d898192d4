"""What people wanted at the moment of each event, as the events before it tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.events import EventKind
from wtagents.core.task import Wish
from wtagents.core.tending.suspicion import Response

if TYPE_CHECKING:
    from wtagents.core.events import Event


class Wishes:
    """Follows the events; task None stands for everything."""

    def __init__(self) -> None:
        self._ends: set[int | None] = set()
        """Of whom somebody, or a suspicion, wants more than a pause."""
        self._resting: set[int | None] = set()
        """Of whom somebody wants no work."""
        self._held: set[int | None] = set()
        self._halted: set[int | None] = set()
        """Of those that are held, whose agents stop at once."""

    def take(self, event: Event) -> None:
        """Go one event further."""
        if event.kind is EventKind.TASK_WISHED:
            self._take_wish(event)
        elif event.kind is EventKind.RUN_SUSPECTED:
            if event.data["response"] == Response.STOP:
                self._ends.add(event.task_id)
        elif event.kind is EventKind.PAUSE_ADDED:
            self._held.add(event.task_id)
            if event.data["frozen"]:
                self._halted.add(event.task_id)
        elif event.kind is EventKind.PAUSE_ENDED:
            self._held.discard(event.task_id)
            self._halted.discard(event.task_id)
        elif event.kind is EventKind.RUN_ADDED:
            self._ends.discard(event.task_id)

    def _take_wish(self, event: Event) -> None:
        wish = event.data.get("wish")
        if wish is not None:
            (self._resting.discard if wish == Wish.WORK else self._resting.add)(event.task_id)
        if event.data.get("fresh") or (wish is not None and wish != Wish.WORK):
            self._ends.add(event.task_id)
        elif wish == Wish.WORK:
            self._ends.discard(event.task_id)

    def holds(self, task_id: int) -> bool:
        """Whether a task is not to start."""
        return task_id in self._resting or not self._held.isdisjoint((task_id, None))

    def wants_end(self, task_id: int) -> bool:
        """Whether the agent of a task is to stop."""
        return task_id in self._ends or not self._halted.isdisjoint((task_id, None))
