"""Follow what a worktree is during a run, for whoever asks whether its agent gets anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.record import record
from wtagents.core.tending.trail import Look, Trail
from wtagents.store.runs import latest_run
from wtagents.system import run_folder

if TYPE_CHECKING:
    from datetime import datetime

    from wtagents.core.ids import Oid
    from wtagents.core.task import Task
    from wtagents.operations.context import Context
    from wtagents.system.paths import RunFolder


@record
class Follower:
    """Whoever is about to look at the worktree of a run at work."""

    folder: RunFolder
    turn: int
    """Requests of the run before the look: what comes of later ones may not be seen by it."""

    def note(self, tree: Oid, head: Oid, at: datetime) -> None:
        """Add what was seen. Raises SystemFault."""
        trail = run_folder.load_trail(self.folder) or Trail()
        look = Look(tree=tree, head=head, at=at, turn=self.turn)
        run_folder.write_trail(self.folder, trail.followed_by(look))


def follower_of(context: Context, task: Task) -> Follower | None:
    """Return who follows the live run of a task; None where none is at work yet."""
    with context.database.read() as db:
        run = latest_run(db, task.id)
    if run is None or run.state not in LIVE_RUN_STATES:
        return None
    folder = context.paths.run(run.id)
    pulse = run_folder.load_pulse(folder)
    return None if pulse is None else Follower(folder=folder, turn=pulse.usage.turns)
