"""So many agents at work in one repository, followed by one supervisor, to be measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from _progress import tell

from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest
from wtagents.operations.steering.spawn_many import spawn_many
from wtagents.store.runs import latest_run, live_runs, run_by_id
from wtagents.store.tasks import require_task
from wtagents.system.run_folder import load_agent

if TYPE_CHECKING:
    from collections.abc import Callable

    from _bench_cli import Ground

    from wtagents.core.ids import RunId

PATIENCE = 300.0
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
    """So many agents that began to work, and the supervisor; they end with their ground."""

    def __init__(self, ground: Ground, agents: int) -> None:
        self._ground = ground
        self._count = agents
        self._talk = ground.folder / "talk"
        os.environ |= ground.environment
        program = ground.folder / "claude"
        (ground.folder / "config" / "wta" / "config.toml").write_text(
            _SETTINGS.format(agents=agents + 10, program=program)
        )
        program.write_text(_AGENT.format(python=sys.executable, talk=str(self._talk)))
        program.chmod(0o755)
        self.repository = ground.repository("shop", files=20)
        self._context = Context(self.repository)
        self._spawn()
        self._supervisor = self._start_supervisor()
        self._wait_until_all_run()

    def _spawn(self) -> None:
        names = [f"task-{number:03}" for number in range(self._count)]
        spawned = spawn_many(
            self._context,
            [SpawnRequest(name=name, prompt="work") for name in names],
            count=lambda done, total, _: self.tell(f"begins: {done} of {total}"),
        ).data
        if spawned.failed:
            raise SystemExit(f"bench: {spawned.failed[0].message} ({spawned.failed[0].cause})")

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "wtagents", "-C", str(self.repository), "supervise", "--stay"],
            env=self._ground.environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _wait_until_all_run(self) -> None:
        def all_run() -> bool:
            found = len(self._agents())
            self.tell(f"at work: {found} of {self._count}")
            return found == self._count

        self._until(all_run, "all agents run")

    def tell(self, text: str) -> None:
        """Say on a terminal what is done now."""
        tell(f"{self._count} agents, {text}")

    def rest(self, seconds: float, why: str) -> None:
        """Let time pass."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.tell(f"{why}: {left:.0f} s left")
            time.sleep(min(1.0, left))

    def talk(self, *, whether: bool) -> None:
        """Have each agent say ten things a second, or nothing."""
        if whether:
            self._talk.touch()
        else:
            self._talk.unlink()

    def _agents(self) -> list[int]:
        """Return the process of each live run that has one."""
        with self._context.database.read() as db:
            runs = live_runs(db)
        agents = (load_agent(self._context.paths.run(run.id)) for run in runs)
        return [each.pid for each in agents if each is not None]

    def _ours(self) -> dict[str, list[psutil.Process]]:
        """Return the processes that are not agents, by what they are."""
        found: dict[str, list[psutil.Process]] = {"supervisor": [], "runners": []}
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if not any(str(self._ground.folder) in word for word in words):
                continue
            if "wtagents.runner" in words or "bwrap" in Path(words[0]).name:
                found["runners"].append(process)
            elif "supervise" in words:
                found["supervisor"].append(process)
        return found

    def cores(self, seconds: float, why: str) -> dict[str, float]:
        """Return the cores that ours take while so many seconds pass."""
        before = {kind: [_Reading(each) for each in some] for kind, some in self._ours().items()}
        self.rest(seconds, why)
        return {kind: sum(each.cores() for each in some) for kind, some in before.items()}

    def memory(self) -> float:
        """Return the MiB of ours per agent: what is shared counts for each by its share."""
        self.tell("memory")
        some = [each for kind in self._ours().values() for each in kind]
        return sum(each.memory_full_info().pss for each in some) / self._count / 2**20

    def verdicts(self, deaths: int) -> list[float]:
        """Kill agents, one after the other; return how long the store took to know of each."""
        found = []
        for number in range(deaths):
            self.tell(f"deaths: {number} of {deaths}")
            with self._context.database.read() as db:
                run = latest_run(db, require_task(db, f"task-{number:03}").id)
            agent = load_agent(self._context.paths.run(run.id)) if run else None
            if run is None or agent is None:
                raise SystemExit(f"bench: task-{number:03} has no agent")
            os.kill(agent.pid, signal.SIGKILL)
            begun = time.monotonic()
            self._until(partial(self._has_ended, run.id), "a verdict")
            found.append(time.monotonic() - begun)
        return found

    def _has_ended(self, run_id: RunId) -> bool:
        with self._context.database.read() as db:
            run = run_by_id(db, run_id)
        return run is not None and run.state not in LIVE_RUN_STATES

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"bench: {what} has not come within {PATIENCE:g} s")
            if self._supervisor.poll() is not None:
                raise SystemExit("bench: the supervisor has ended")
            time.sleep(0.02)


class _Reading:
    """What a process had used at a moment: to read a thousand of them takes seconds."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._at, self._used = time.monotonic(), _used(process)

    def cores(self) -> float:
        """Return what it has used since, for each second."""
        used = _used(self._process)
        return (used - self._used) / (time.monotonic() - self._at)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
