"""One run with a real runner: a folder, a worktree, an order, and what became of it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.support.waiting import wait_until
from wtagents.agent.agents import agent_for
from wtagents.agent.port import LaunchRequest
from wtagents.core.ids import RunId, TaskName
from wtagents.core.message import MessageKind, Taken
from wtagents.core.order import Order
from wtagents.core.run import Exit, Phase, Pulse
from wtagents.core.task import AgentKind
from wtagents.system import run_folder
from wtagents.system.clock import RandomIds, SystemClock
from wtagents.system.paths import RunFolder
from wtagents.system.process import RUN_MARK, stop_marked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def command_order(run_id: RunId, worktree: Path, *argv: str) -> Order:
    """Order any program, told nothing and asked nothing."""
    return Order(
        run_id=run_id,
        task=TaskName("a-task"),
        worktree=worktree,
        agent=AgentKind.COMMAND,
        argv=argv,
        environment=(("WTA_TASK", "a-task"),),
        prompt="",
        yields=False,
        session_id=run_id,
        setup=(),
        setup_seconds=30.0,
        timeout_seconds=None,
        stop_seconds=2.0,
    )


def scripted_order(run_id: RunId, worktree: Path, scenario: str) -> Order:
    """Order the built-in agent to play a scenario."""
    prompt = f"Play.\n\nscenario:\n{scenario}\n"
    launch = agent_for(AgentKind.SCRIPTED).launch(
        LaunchRequest(
            task=TaskName("a-task"),
            worktree=worktree,
            prompt=prompt,
            session_id=run_id,
            resumes=False,
        )
    )
    order = command_order(run_id, worktree, *launch.argv)
    return replace(order, agent=AgentKind.SCRIPTED, prompt=launch.first_message)


def claude_order(
    run_id: RunId, worktree: Path, prompt: str, *, mode: str, stop_seconds: float
) -> Order:
    """Order the `claude` on PATH."""
    launch = agent_for(AgentKind.CLAUDE).launch(
        LaunchRequest(
            task=TaskName("a-task"),
            worktree=worktree,
            prompt=prompt,
            session_id=run_id,
            resumes=False,
            model="claude-haiku-4-5",
            permission_mode=mode,
        )
    )
    return replace(
        command_order(run_id, worktree, *launch.argv),
        agent=AgentKind.CLAUDE,
        prompt=launch.first_message,
        environment=launch.environment,
        stop_seconds=stop_seconds,
    )


@dataclass
class Running:
    """A run folder and the runners that were started for it."""

    folder: RunFolder
    worktree: Path
    run_id: RunId
    runners: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def create(cls, place: Path) -> Running:
        """Make a folder for a run and a worktree whose files are there."""
        run_id = RunId(RandomIds().uuid())
        worktree = place / "worktree"
        (worktree / ".git").mkdir(parents=True)
        (worktree / ".git" / "index").touch()
        folder = RunFolder(root=place / "runs" / run_id)
        return cls(folder=folder, worktree=worktree, run_id=run_id)

    def start(self, order: Order) -> subprocess.Popen[bytes]:
        """Write the order and start its runner."""
        self.write(order)
        return self.start_runner()

    def write(self, order: Order) -> None:
        """Make the folder and put the order in."""
        run_folder.write_order(self.folder, order)

    def start_runner(
        self, cwd: Path | None = None, *, group: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one more runner for the folder; with `group` one that joins a control group."""
        argv = run_folder.runner_argv(self.folder, sys.executable)
        join = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group)]
        runner = subprocess.Popen(
            argv if group is None else [*join, *argv],
            cwd=cwd or self.folder.root,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.runners.append(runner)
        return runner

    def start_command(self, *argv: str, **changes: object) -> subprocess.Popen[bytes]:
        """Run any program as the agent."""
        order = command_order(self.run_id, self.worktree, *argv)
        return self.start(replace(order, **changes))  # type: ignore[arg-type]

    def start_scenario(self, scenario: str, **changes: object) -> subprocess.Popen[bytes]:
        """Run the built-in agent."""
        order = scripted_order(self.run_id, self.worktree, scenario)
        return self.start(replace(order, **changes))  # type: ignore[arg-type]

    def start_speaker(
        self, *argv: str, prompt: str = "Play.", **changes: object
    ) -> subprocess.Popen[bytes]:
        """Run any program that speaks like Claude Code."""
        order = replace(
            command_order(self.run_id, self.worktree, *argv),
            agent=AgentKind.SCRIPTED,
            prompt=prompt,
        )
        return self.start(replace(order, **changes))  # type: ignore[arg-type]

    def post(self, message_id: int, kind: MessageKind, body: str = "") -> None:
        """Put a message into the inbox."""
        run_folder.post_message(self.folder, message_id, kind, body)

    def say(self, message_id: int, text: str) -> None:
        """Send words to the agent."""
        self.post(message_id, MessageKind.TEXT, text)

    def stop(self) -> Exit:
        """Ask the runner to stop and return the exit."""
        self.runners[0].terminate()
        return self.outcome()

    def kill(self) -> None:
        """Kill whatever is left of the run."""
        for runner in self.runners:
            runner.kill()
            runner.wait(10)
        self.clear()

    def clear(self) -> int:
        """Stop what carries the mark of the run, as the tick does for a lost run."""
        return stop_marked(
            RUN_MARK, self.run_id, clock=SystemClock(), polite_seconds=0.2, firm_seconds=10
        )

    def taken(self) -> dict[int, Taken]:
        """Return what became of the messages."""
        return run_folder.load_taken(self.folder)

    def outcome(self) -> Exit:
        """Return the exit, when the runner has written it and is gone."""
        for runner in self.runners:
            runner.wait(30)
        ended = run_folder.load_exit(self.folder)
        assert ended is not None, self.state()
        return ended

    def await_pulse(self, is_met: Callable[[Pulse], object]) -> Pulse:
        """Return the first pulse that is as wanted."""

        def met() -> Pulse | None:
            pulse = run_folder.load_pulse(self.folder)
            return pulse if pulse is not None and is_met(pulse) else None

        found = wait_until(met, what=self.state)
        assert found is not None
        return found

    def await_phase(self, phase: Phase) -> Pulse:
        """Return the first pulse of a phase."""
        return self.await_pulse(lambda pulse: pulse.phase is phase)

    def await_stream(self, text: str) -> None:
        """Wait until the agent has written a text."""
        wait_until(lambda: text in self.stream(), what=self.state)

    def stream(self) -> str:
        """Return what the agent wrote."""
        path = self.folder.stream
        return path.read_text(errors="replace") if path.exists() else ""

    def state(self) -> str:
        """Return all of the folder in words, for a test that fails."""
        files = [path for path in sorted(self.folder.root.rglob("*")) if path.is_file()]
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-2000:]}" for path in files
        )
