"""Traces: what a task that is gone left besides its worktree, and what of it may go. Pure.

Gone is a task whose name is free and of which nothing lies in the trash any more: nothing brings
it back. The stories of its runs, the logs of its gates and its checkpoints go then, and of its
archived commits those whose landing can still be found on the target. Every other commit is kept
for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.merge import MergeState
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from wtagents.core.ids import RefName, TaskName
    from wtagents.core.keeping.checkpoint import Checkpoint
    from wtagents.core.landing.merge import MergeRequest


@record
class Traces:
    """What one gone task left."""

    task: TaskName
    task_id: int
    runs: tuple[Path, ...] = ()
    gate_logs: tuple[Path, ...] = ()
    locks: tuple[Path, ...] = ()
    commits: tuple[RefName, ...] = ()
    """Refs of archived commits that landed."""
    checkpoints: tuple[Checkpoint, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind that a person knows."""
        found = {
            "runs": len(self.runs),
            "gate_logs": len(self.gate_logs),
            "commits": len(self.commits),
            "checkpoints": len(self.checkpoints),
        }
        return {kind: number for kind, number in found.items() if number}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to delete."""
        kinds = (self.runs, self.gate_logs, self.locks, self.commits, self.checkpoints)
        return not any(kinds)


def landed_whole(
    requests: Iterable[MergeRequest], *, undone: Collection[int]
) -> list[MergeRequest]:
    """Return the landings of which the target holds everything.

    None of which a line was dropped on the way, or that was taken back: `undone` are their ids.
    """
    return [
        request
        for request in requests
        if request.state is MergeState.MERGED
        and request.id not in undone
        and request.source is not None
        and request.candidate is not None
        and not any(resolution.dropped for resolution in request.resolutions)
    ]
