"""What looking after agents costs: `scripts/bench supervise [--agents N]… [--seconds N] [--out F]`.

Per number of agents: CPU of the supervisor and of all runners while the agents are silent and while
each says ten things a second, memory of ours per agent, wall time from an agent's death to the
verdict in the store, and a spawn beside them until its program runs, against the plain way. The
agents are small programs that speak as Claude Code does; what they take themselves is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import psutil  # noqa: E402 - after the path is known
from _bench_cli import Ground, spawn_pair, stop_everything  # noqa: E402
from _bench_cli import measure as take_turns  # noqa: E402
from _bench_merge import machine  # noqa: E402

from wtagents.core.task import TaskState  # noqa: E402
from wtagents.operations.context import Context  # noqa: E402
from wtagents.operations.steering.spawn import SpawnRequest, spawn  # noqa: E402
from wtagents.store.runs import latest_run  # noqa: E402
from wtagents.store.tasks import require_task, tasks  # noqa: E402
from wtagents.system.run_folder import load_agent  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZES = (10, 100, 500)
DEATHS = 5
SPAWNS = 5
PATIENCE = 300.0
SETTLE = 3.0
FIRST_CHECKPOINT = 0.15
"""Seconds after which what a change set off has come to rest, and more per agent that began."""
_SETTINGS = """\
[limits]
agents = {agents}
disk_floor = "100MB"
memory_floor = "0B"
load = 1000.0
retries = 0
quiet_after = "1d"
stuck_after = "2d"
[agent]
program = "{program}"
"""
_AGENT = """\
#!{python} -IS
import os, sys, time
words = sys.argv
if "--version" in words or "auth" in words:
    print('{{"loggedIn": true}}' if "auth" in words else "2.1.329 (Claude Code)")
    raise SystemExit
session = words[words.index("--session-id") + 1] if "--session-id" in words else "s"
init = '{{"type":"system","subtype":"init","session_id":"%s","model":"m","tools":[]}}'
said = ('{{"type":"assistant","session_id":"%s","message":{{"id":"%d","role":"assistant",'
        '"model":"m","content":[{{"type":"text","text":"I look at file number %d."}}],'
        '"usage":{{"input_tokens":9,"output_tokens":9}}}}}}')
print(init % session, flush=True)
number = 0
while True:
    if os.path.exists({talk!r}):
        number += 1
        print(said % (session, number, number), flush=True)
        time.sleep(0.1)
    else:
        time.sleep(0.5)
"""


class Fleet:
    """So many agents at work in one repository, followed by one supervisor."""

    def __init__(self, folder: Path, agents: int) -> None:
        self.ground = Ground(folder)
        self.talk = folder / "talk"
        os.environ |= self.ground.environment
        program = folder / "claude"
        (folder / "config" / "wta" / "config.toml").write_text(
            _SETTINGS.format(agents=agents + 10, program=program)
        )
        program.write_text(_AGENT.format(python=sys.executable, talk=str(self.talk)))
        program.chmod(0o755)
        self.repository = self.ground.repository("shop", files=20)
        self.context = Context(self.repository)
        self.names = [f"task-{number:03}" for number in range(agents)]
        for name in self.names:
            spawn(self.context, SpawnRequest(name=name, prompt="work"))
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "wtagents", "-C", str(self.repository), "supervise", "--stay"],
            env=self.ground.environment | {"PYTHONPATH": str(HERE.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait_until_all_run(self) -> None:
        """Return when every agent has said its first word. Raises SystemExit."""
        self._until(lambda: len(list(self._agents())) == len(self.names), "all agents run")

    def _agents(self) -> Iterable[int]:
        with self.context.database.read() as db:
            runs = [latest_run(db, task.id) for task in tasks(db)]
        for run in runs:
            identity = load_agent(self.context.paths.run(run.id)) if run else None
            if identity is not None:
                yield identity.pid

    def ours(self) -> dict[str, list[psutil.Process]]:
        """Return the processes that are not agents, by what they are."""
        found: dict[str, list[psutil.Process]] = {"supervisor": [], "runners": []}
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if not any(str(self.ground.folder) in word for word in words):
                continue
            if "wtagents.runner" in words or "bwrap" in Path(words[0]).name:
                found["runners"].append(process)
            elif "supervise" in words:
                found["supervisor"].append(process)
        return found

    def cores(self, seconds: float) -> dict[str, float]:
        """Return the cores that ours take while so many seconds pass."""
        ours = self.ours()
        before = {kind: sum(map(_used, some)) for kind, some in ours.items()}
        begun = time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - begun
        return {
            kind: (sum(map(_used, some)) - before[kind]) / passed for kind, some in ours.items()
        }

    def memory(self) -> float:
        """Return the MiB of ours per agent: what is shared counts for each by its share."""
        some = [each for kind in self.ours().values() for each in kind]
        return sum(each.memory_full_info().pss for each in some) / len(self.names) / 2**20

    def verdicts(self) -> list[float]:
        """Kill agents; return how long the store took to know of each."""
        found = []
        for name in self.names[:DEATHS]:
            with self.context.database.read() as db:
                run = latest_run(db, require_task(db, name).id)
            agent = load_agent(self.context.paths.run(run.id)) if run else None
            if agent is None:
                raise SystemExit(f"bench: {name} has no agent")
            os.kill(agent.pid, signal.SIGKILL)
            begun = time.monotonic()
            self._until(partial(self._has_ended, name), "a verdict")
            found.append(time.monotonic() - begun)
        return found

    def _has_ended(self, name: str) -> bool:
        with self.context.database.read() as db:
            return require_task(db, name).state is not TaskState.ACTIVE

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"bench: {what} has not come within {PATIENCE:g} s")
            time.sleep(0.02)

    def close(self) -> None:
        """Leave nothing running."""
        self.context.close()
        self.supervisor.kill()
        self.supervisor.wait()
        stop_everything(self.ground)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def measure(agents: int, seconds: float) -> dict[str, Any]:
    """Return what so many agents cost."""
    fleet = Fleet(Path(tempfile.mkdtemp(prefix="wta-bench-")), agents)
    try:
        fleet.wait_until_all_run()
        time.sleep(SETTLE + FIRST_CHECKPOINT * agents)
        idle = fleet.cores(seconds)
        fleet.talk.touch()
        time.sleep(SETTLE)
        busy = fleet.cores(seconds)
        fleet.talk.unlink()
        return {
            "agents": agents,
            "idle": idle,
            "busy": busy,
            "memory": fleet.memory(),
            "verdict": statistics.median(fleet.verdicts()),
        }
    finally:
        fleet.close()
        shutil.rmtree(fleet.ground.folder, ignore_errors=True)


def spawn_ratio() -> dict[str, float]:
    """Return how long a spawn takes until its program runs, against git and exec."""
    ground = Ground(Path(tempfile.mkdtemp(prefix="wta-bench-")))
    try:
        outcome = take_turns(spawn_pair(ground, SPAWNS))
    finally:
        stop_everything(ground)
        shutil.rmtree(ground.folder, ignore_errors=True)
    return {
        "wta": statistics.median(outcome.ours),
        "plain": statistics.median(outcome.plain),
        "ratio": outcome.ratio,
    }


def line(found: dict[str, Any]) -> str:
    """Return the figures of one size."""
    idle, busy = found["idle"], found["busy"]
    return (
        f"{found['agents']:>6}  {idle['supervisor']:>10.1%} {idle['runners']:>8.1%}"
        f"  {busy['supervisor']:>10.1%} {busy['runners']:>8.1%}"
        f"  {found['memory']:>9.1f} MiB  {found['verdict']:>7.2f} s"
    )


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="scripts/bench supervise", description=__doc__)
    parser.add_argument("--agents", type=int, action="append", help="measure only so many")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--out", type=Path, help="write the figures into a JSON file, too")
    options = parser.parse_args()
    print(f"{'':>6}  {'silent: CPU of one core':^19}  {'10 words/s each':^19}")
    print(
        f"{'agents':>6}  {'supervisor':>10} {'runners':>8}  {'supervisor':>10} {'runners':>8}"
        f"  {'memory each':>13}  {'verdict':>9}"
    )
    found = []
    for agents in options.agents or SIZES:
        found.append(measure(agents, options.seconds))
        print(line(found[-1]), flush=True)
    start = spawn_ratio()
    print(
        f"spawn to running agent: {start['wta']:.3f} s, git worktree add && exec"
        f" {start['plain']:.3f} s, ratio {start['ratio']:.2f}"
    )
    if options.out:
        facts = {"machine": machine(), "sizes": found, "spawn": start}
        options.out.write_text(json.dumps(facts, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
