"""What looking after agents costs: `scripts/bench supervise [--agents N]… [--seconds N] [--out F]`.

Per number of agents: CPU of the supervisor and of all runners while the agents are silent and while
each says ten things a second, memory of ours per agent, wall time from an agent's death to the
verdict in the store, and from `wta spawn` beside them until its program runs, against the plain way
in the same repository of 20 files. The agents are small programs that speak as Claude Code does;
what they take themselves is not counted. Nothing is left of it, however it ends.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _bench_cli import lent_ground, spawn_pair, spawn_pair_in  # noqa: E402 - after the path
from _bench_cli import measure as take_turns  # noqa: E402
from _bench_merge import machine  # noqa: E402
from _fleet import Fleet  # noqa: E402
from _progress import tell  # noqa: E402

SIZES = (10, 100, 500)
DEATHS = 5
SPAWNS = 5
SETTLE = 3.0
FIRST_CHECKPOINT = 0.15
"""Seconds after which what a change set off has come to rest, and more per agent that began."""


def measure(agents: int, seconds: float) -> dict[str, Any]:
    """Return what so many agents cost."""
    with lent_ground() as ground:
        fleet = Fleet(ground, agents)
        fleet.rest(SETTLE + FIRST_CHECKPOINT * agents, "first checkpoints")
        idle = fleet.cores(seconds, "silent")
        fleet.talk(whether=True)
        fleet.rest(SETTLE, "begin to talk")
        busy = fleet.cores(seconds, "ten words a second each")
        fleet.talk(whether=False)
        fleet.rest(SETTLE, "fall silent")
        spawned = take_turns(spawn_pair_in(ground, fleet.repository, SPAWNS))
        return {
            "agents": agents,
            "idle": idle,
            "busy": busy,
            "memory": fleet.memory(),
            "verdict": statistics.median(fleet.verdicts(min(DEATHS, agents))),
            "spawn": statistics.median(spawned.ours),
            "plain": statistics.median(spawned.plain),
        }


def spawn_alone() -> dict[str, float]:
    """Return how long a spawn takes with many files and no agents beside, against git and exec."""
    with lent_ground() as ground:
        outcome = take_turns(spawn_pair(ground, SPAWNS))
    return {
        "wta": statistics.median(outcome.ours),
        "plain": statistics.median(outcome.plain),
        "ratio": outcome.ratio,
    }


HEAD = (
    f"{'':>6}  {'silent: CPU of a core':^22}  {'10 words/s each':^22}  {'memory':>8}"
    f"  {'death to':>8}  {'spawn to agent':^16}\n"
    f"{'agents':>6}  {'supervisor':>12} {'runners':>9}  {'supervisor':>12} {'runners':>9}"
    f"  {'each':>8}  {'verdict':>8}  {'wta':>7}  {'plain':>7}"
)


def line(found: dict[str, Any]) -> str:
    """Return the figures of one size."""
    idle, busy = found["idle"], found["busy"]
    return (
        f"{found['agents']:>6}  {idle['supervisor']:>12.1%} {idle['runners']:>9.1%}"
        f"  {busy['supervisor']:>12.1%} {busy['runners']:>9.1%}"
        f"  {found['memory']:>4.1f} MiB  {found['verdict']:>6.2f} s"
        f"  {found['spawn']:>5.2f} s  {found['plain']:>5.2f} s"
    )


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="scripts/bench supervise", description=__doc__)
    parser.add_argument("--agents", type=int, action="append", help="measure only so many")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--out", type=Path, help="write the figures into a JSON file, too")
    options = parser.parse_args()
    print(HEAD, flush=True)
    found = []
    for agents in options.agents or SIZES:
        found.append(measure(agents, options.seconds))
        tell()
        print(line(found[-1]), flush=True)
    start = spawn_alone()
    print(
        f"spawn to agent, no agents beside, 5,000 files: {start['wta']:.3f} s,"
        f" git worktree add && exec {start['plain']:.3f} s, ratio {start['ratio']:.2f}"
    )
    if options.out:
        facts = {"machine": machine(), "sizes": found, "spawn": start}
        options.out.write_text(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
