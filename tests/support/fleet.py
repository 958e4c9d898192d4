"""A repository and its agents, driven as `wta` drives them: by operations and ticks.

No supervisor runs: nothing goes on but runners and agents unless the test ticks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.processes import kill_hard, survivors
from tests.support.repository import RepositoryBuilder
from tests.support.stored import lay_database
from tests.support.waiting import wait_until
from wtagents.core.run import Phase, RunState
from wtagents.core.task import AgentKind, AgentSpec, Task, TaskState
from wtagents.operations.context import Context
from wtagents.operations.steering.spawn import SpawnRequest, spawn
from wtagents.operations.telling.status import StatusRequest, TaskStatus, status
from wtagents.operations.tick import Tick, tick
from wtagents.store.messages import messages_of
from wtagents.store.runs import latest_run, runs_of
from wtagents.store.tasks import require_task
from wtagents.system import run_folder
from wtagents.system.process import RUN_MARK, is_alive, marked_processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.environment import Sandbox
    from wtagents.core.message import Message
    from wtagents.core.run import ProcessIdentity, Run
    from wtagents.operations.result import OperationResult
    from wtagents.operations.steering.spawn import Spawned
    from wtagents.system.paths import RunFolder

QUICK: dict[str, dict[str, Any]] = {
    "limits": {"retry_pause": "1s", "stop_seconds": 1.0},
    "agent": {"kind": "scripted"},
    "merge": {"resolver": "scripted"},
    "sandbox": {"mode": "none"},
}
"""Settings with which a test needs no patience, and is the same on every machine."""


def configure(sandbox: Sandbox, /, **sections: dict[str, Any]) -> None:
    """Write the user's configuration: `QUICK` with these changes."""
    lines = []
    for section in QUICK.keys() | sections.keys():
        lines.append(f"[{section}]")
        values = QUICK.get(section, {}) | sections.get(section, {})
        lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    file = sandbox.config / "wta" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return repr(value) if not isinstance(value, str) else f'"{value}"'


def scenario(*steps: str) -> str:
    """Return a prompt that the built-in agent plays."""
    return "\n".join(("Do this.", "scenario:", *steps))


def work(name: str = "work.txt") -> tuple[str, ...]:
    """Steps that make one commit with one file."""
    return (f"write {name} <<END", "done", "END", f'commit "Add {name}"')


@dataclass
class Fleet:
    """The tasks of one repository."""

    repository: RepositoryBuilder
    sandbox: Sandbox
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        self.context = Context(self.repository.path)
        lay_database(self.context.paths.database)

    def configure(self, **sections: dict[str, Any]) -> None:
        """Change the settings from now on."""
        configure(self.sandbox, **sections)
        self.context.reload_settings()

    # ------------------------------------------------------------------------------ doing

    def spawn(self, name: str, *steps: str, **request: Any) -> OperationResult[Spawned]:
        """Hand a scenario to the built-in agent."""
        spec = AgentSpec(kind=AgentKind.SCRIPTED, **request.pop("spec", {}))
        asked = SpawnRequest(name=name, prompt=scenario(*steps), agent=spec, **request)
        return spawn(self.context, asked)

    def spawn_command(self, name: str, *argv: str, prompt: str = "do it") -> None:
        """Hand a prompt to any program."""
        spec = AgentSpec(kind=AgentKind.COMMAND, argv=argv)
        spawn(self.context, SpawnRequest(name=name, prompt=prompt, agent=spec))

    def tick(self) -> Tick:
        """Do what a supervisor does once a second."""
        return tick(self.context)

    def end(self) -> None:
        """Kill what a test left at work."""
        for each in survivors(self.sandbox.mark):
            kill_hard(each.pid)
        self.context.close()

    # ---------------------------------------------------------------------------- waiting

    def await_state(self, name: str, *states: TaskState) -> Task:
        """Tick until a task is in one of these states, or at rest in another: then fail."""

        def there() -> Task | None:
            self.tick()
            task = self.task(name)
            return task if task.state in states else None

        found = wait_until(there, what=lambda: self.describe(name))
        assert found is not None
        return found

    def await_rest(self, name: str) -> Task:
        """Tick until nothing would go on by itself."""
        return self.await_state(
            name, TaskState.READY, TaskState.FAILED, TaskState.STOPPED, TaskState.CANCELLED
        )

    def await_phase(self, name: str, phase: Phase) -> TaskStatus:
        """Tick until the agent of a task is in a phase."""
        return self.await_status(name, lambda item: item.pulse and item.pulse.phase is phase)

    def await_doing(self, name: str, words: str) -> TaskStatus:
        """Tick until the agent of a task does something."""
        return self.await_status(name, lambda item: item.pulse and words in item.pulse.doing)

    def await_status(self, name: str, is_met: Callable[[TaskStatus], object]) -> TaskStatus:
        """Tick until a task is as wanted."""

        def met() -> TaskStatus | None:
            self.tick()
            item = self.status(name)
            return item if is_met(item) else None

        found = wait_until(met, what=lambda: self.describe(name))
        assert found is not None
        return found

    # ---------------------------------------------------------------------------- looking

    def task(self, name: str) -> Task:
        with self.context.database.read() as db:
            return require_task(db, name)

    def run(self, name: str) -> Run:
        """Return the latest run."""
        with self.context.database.read() as db:
            found = latest_run(db, require_task(db, name).id)
        assert found is not None, f"{name} has no run"
        return found

    def runs(self, name: str) -> list[Run]:
        with self.context.database.read() as db:
            return runs_of(db, require_task(db, name).id)

    def endings(self, name: str) -> list[str]:
        """Return how the runs ended, in order; a live one by its state."""
        return [run.exit.reason if run.exit else run.state for run in self.runs(name)]

    def messages(self, name: str) -> list[Message]:
        with self.context.database.read() as db:
            return messages_of(db, require_task(db, name).id)

    def status(self, name: str) -> TaskStatus:
        return status(self.context, StatusRequest(names=(name,))).data[0]

    def folder(self, name: str) -> RunFolder:
        """Return the folder of the latest run."""
        return self.context.paths.run(self.run(name).id)

    def worktree(self, name: str) -> RepositoryBuilder:
        return RepositoryBuilder(self.task(name).worktree)

    def said(self, name: str) -> str:
        """Return everything that the agents of a task wrote, over all runs."""
        streams = [self.context.paths.run(run.id).stream for run in self.runs(name)]
        return "".join(path.read_text(errors="replace") for path in streams if path.exists())

    def runner(self, name: str) -> ProcessIdentity:
        """Return the living runner of a task, once it has claimed its run."""
        claim = wait_until(
            lambda: run_folder.load_claim(self.folder(name)), what=lambda: self.describe(name)
        )
        assert claim is not None
        assert is_alive(claim), self.describe(name)
        return claim

    def agent(self, name: str) -> ProcessIdentity:
        """Return the agent process of a task, once it was started."""
        found = wait_until(
            lambda: run_folder.load_agent(self.folder(name)), what=lambda: self.describe(name)
        )
        assert found is not None
        return found

    def processes(self, name: str) -> list[ProcessIdentity]:
        """Return every living process of all runs of a task."""
        return marked_processes(*((RUN_MARK, str(run.id)) for run in self.runs(name)))

    def await_gone(self, name: str) -> None:
        """Wait until no process of a task is left; its runner ends right after its last record."""
        wait_until(lambda: not self.processes(name), what=lambda: self.describe(name))

    def has_live_run(self, name: str) -> bool:
        return self.run(name).state in (RunState.STARTING, RunState.RUNNING, RunState.STOPPING)

    def describe(self, name: str) -> str:
        """Tell all that is known about a task, for a test that fails."""
        lines = [repr(self.task(name))]
        for run in self.runs(name):
            lines.append(repr(run))
            root = self.context.paths.run(run.id).root
            lines += [_told(path) for path in sorted(root.rglob("*")) if path.is_file()]
        return "\n".join(lines)


def _told(path: Path) -> str:
    return f"  {path.name}: {path.read_text(errors='replace')[-1500:]}"
