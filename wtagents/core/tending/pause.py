"""What a person holds back: single tasks, all starts, or everything.

paused task    its agent ends its turn, or is stopped at once; nothing of it starts
paused starts  nobody starts; agents at work go on
frozen         agents are stopped, nobody starts, nothing lands by itself; all is kept
"""

from __future__ import annotations

from wtagents.core.record import record

EVERYTHING = 0
"""In place of a task's id."""


@record
class Pauses:
    """All that is held back now."""

    tasks: frozenset[int] = frozenset()
    at_once: frozenset[int] = frozenset()
    """Those of the tasks whose agents do not end their turns."""
    starts: bool = False
    frozen: bool = False

    def stops(self, task_id: int) -> bool:
        """Whether the agent of a task is not to go on, and the task to wait in the queue."""
        return self.frozen or task_id in self.tasks

    def halts(self, task_id: int) -> bool:
        """Whether the agent of a task is to stop without the end of its turn."""
        return self.frozen or task_id in self.at_once

    def holds(self, task_id: int) -> bool:
        """Whether a task is not to start."""
        return self.starts or self.stops(task_id)
