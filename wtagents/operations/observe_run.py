"""Read what one run has written and whether its processes live: all that a list of tasks asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.tending.run_facts import RunFacts
from wtagents.core.tending.trail import Trail
from wtagents.system import run_folder

if TYPE_CHECKING:
    from wtagents.core.ids import RunId
    from wtagents.operations.context import Context


def observe_run(context: Context, run_id: RunId) -> RunFacts:
    """Read the folder of one run.

    The processes are asked before the exit record is read: a runner that is gone has written its
    record before, so a missing one is missing for good.
    """
    folder, clock, world = context.paths.run(run_id), context.clock, context.world
    claim = run_folder.load_claim(folder)
    agent = run_folder.load_agent(folder)
    runner_alive = claim is not None and world.is_alive(claim)
    return RunFacts(
        claim=claim,
        told_to_stop=run_folder.is_told_to_stop(folder),
        barred=claim is None and run_folder.is_barred(folder),
        runner_alive=runner_alive,
        agent_alive=agent is not None and world.is_alive(agent),
        heartbeat_age=run_folder.heartbeat_age(folder, clock),
        activity_age=run_folder.activity_age(folder, clock),
        pulse=run_folder.load_pulse(folder),
        exit=run_folder.load_exit(folder),
        posted=run_folder.posted(folder),
        taken=tuple(run_folder.load_taken(folder).values()),
        trail=run_folder.load_trail(folder) or Trail(),
    )
