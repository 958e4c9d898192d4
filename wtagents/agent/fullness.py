"""Since when the context of an agent is nearly full, and its own list stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.agent.agenda import AgendaKeeper

if TYPE_CHECKING:
    from wtagents.agent.events import Event
    from wtagents.core.agenda import Agenda
    from wtagents.core.run import Usage


class Fullness:
    """Follows the events of one process."""

    def __init__(self) -> None:
        self._keeper = AgendaKeeper()
        self._seen: set[Agenda] = set()
        self.turn = 0
        """Requests until the context became nearly full or the list last said something new; 0 as
        long as there is room, and again when the conversation was compacted."""

    def take(self, event: Event, usage: Usage) -> None:
        """Take an event, and what was used with it."""
        moved = self._keeper.take(event) and self._keeper.agenda not in self._seen
        if moved:
            self._seen.add(self._keeper.agenda)
        if not usage.is_full:
            self.turn = 0
        elif moved or not self.turn:
            self.turn = usage.turns
