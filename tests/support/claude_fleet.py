"""A repository whose agents are the real Claude Code, driven by `wta` as a person types it.

The real supervisor ticks; the test only types commands and looks. Every task talks to the script of
its own name in the scripted Messages API.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.api.script import Script, bash, marker
from tests.support.claude_cli import PINNED_VERSION, wait_saved
from tests.support.processes import end_supervisors, survivors
from tests.support.waiting import wait_until
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import TaskState
from wtagents.operations.starting.agent_program import keep_answer
from wtagents.system.command import find_program
from wtagents.system.run_folder import load_pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.api.request import ApiRequest
    from tests.support.api.script import Step
    from tests.support.fleet import Fleet
    from tests.support.messages_api import MessagesApi
    from tests.support.shell import Said, Shell
    from wtagents.core.run import Phase, Pulse
    from wtagents.core.task import Task

MODEL = "claude-haiku-4-5"
RESOLVER = "The data of this conflict"
"""Words of the resolver's question."""
AT_REST = (TaskState.READY, TaskState.FAILED, TaskState.STOPPED, TaskState.MERGED)
_WATCHED = """\
#!{python}
import fcntl, os, sys
task = os.environ.get("WTA_TASK")
if task and "WTA_RUN" in os.environ:
    lock = os.open(f"{folder}/{{task}}.lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(lock, True)
    note = os.open(f"{folder}/starts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(note, task.encode() + b"\\n")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note = os.open(f"{folder}/overlaps", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(note, task.encode() + b"\\n")
os.execv("{program}", ["{program}", *sys.argv[1:]])
"""
"""Becomes the real program, and holds a lock of its task as long as that or a child of it lives."""


def committed(name: str = "work.txt") -> tuple[Step, ...]:
    """Return the steps of a model that makes one commit with one file."""
    return (bash(f"echo done > {name} && git add {name} && git commit -qm 'Add {name}'"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The starts of agents, and those that met a process of an earlier agent of their task."""

    folder: Path

    def starts(self) -> list[str]:
        """Return the task of each start, in order."""
        return self._lines("starts")

    def overlaps(self) -> list[str]:
        """Return the tasks whose agents were not alone."""
        return self._lines("overlaps")

    def _lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeFleet:
    """What is typed (`shell`), what the model says (`api`) and what is the case (`fleet`)."""

    fleet: Fleet
    shell: Shell
    api: MessagesApi
    program: Path

    # ------------------------------------------------------------------------------ doing

    def configure(
        self,
        *,
        allow: tuple[str, ...] = ("Bash",),
        program: str = "claude",
        **sections: dict[str, Any],
    ) -> None:
        """Let Claude Code do the work; tools beside `allow` are asked about.

        The program is not asked whether it is able: each time that would be half a start of it.
        """
        agent: dict[str, Any] = {
            "kind": "claude",
            "program": program,
            "model": MODEL,
            "allow": list(allow),
        }
        usual: dict[str, dict[str, Any]] = {
            "merge": {"resolver": "none"},
            "sandbox": {"mode": "auto"},
            "radar": {"notify": False},  # its words would come in no script
        }
        agent |= sections.get("agent", {})
        self.fleet.configure(**{**usual, **sections, "agent": agent})
        found = find_program(program)
        assert found is not None, program
        keep_answer(self.fleet.context, Path(found), version=PINNED_VERSION)

    def script(self, name: str, *steps: Step, then: Step | None = None) -> None:
        """Say what the model answers to the agent of a task from now on."""
        self.api.add_script(name, Script(steps=steps, then=then))

    def spawn(self, name: str, *steps: Step, options: tuple[str, ...] = ()) -> None:
        """Type `wta spawn` for a task whose model answers these steps."""
        self.script(name, *steps)
        self.type("spawn", name, f"{marker(name)} Do {name}.", *options)

    def type(self, *arguments: str, status: int = 0) -> Said:
        """Type a command; raise AssertionError when it ends with another status."""
        said = self.shell.wta(*arguments)
        assert said.status == status, said
        return said

    def watch(self) -> Watch:
        """Prove from now on that no agent of a task meets another one."""
        folder = self.fleet.sandbox.work / "watched"
        folder.mkdir()
        words = {"python": sys.executable, "folder": folder, "program": self.program}
        watched = folder / "claude"
        watched.write_text(_WATCHED.format(**words))
        watched.chmod(0o755)
        self.configure(program=str(watched))
        return Watch(folder=folder)

    def kill_supervisor(self) -> None:
        """Kill it, and wait until it is gone."""
        end_supervisors(self.fleet.sandbox.mark)
        wait_until(
            lambda: (
                not [
                    each for each in survivors(self.fleet.sandbox.mark) if "supervise" in each.argv
                ]
            ),
            what="the supervisor is gone",
        )

    # ---------------------------------------------------------------------------- waiting

    def await_task(self, name: str, is_met: Callable[[Task], object]) -> Task:
        """Wait until the supervisor has brought a task where it is as wanted."""

        def met() -> Task | None:
            task = self.fleet.task(name)
            return task if is_met(task) else None

        found = wait_until(met, what=lambda: self.fleet.describe(name))
        assert found is not None
        return found

    def await_rest(self, name: str) -> Task:
        """Wait until the task rests and nothing of it runs any more."""
        task = self.await_task(name, lambda task: task.state in AT_REST)
        assert self.fleet.run(name).state not in LIVE_RUN_STATES
        self.fleet.await_gone(name)
        return task

    def await_pulse(self, name: str, is_met: Callable[[Pulse], object]) -> Pulse:
        """Wait until the latest agent of a task is as wanted."""

        def met() -> Pulse | None:
            pulse = load_pulse(self.fleet.folder(name))
            return pulse if pulse is not None and is_met(pulse) else None

        found = wait_until(met, what=lambda: self.fleet.describe(name))
        assert found is not None
        return found

    def await_phase(self, name: str, phase: Phase) -> Pulse:
        """Wait until the latest agent of a task is in a phase."""
        return self.await_pulse(name, lambda pulse: pulse.phase is phase)

    def await_file(self, name: str, file: str) -> None:
        """Wait until the agent has made a file in its worktree."""
        path = self.place(name) / file
        wait_until(path.exists, what=lambda: self.fleet.describe(name))

    def await_said(self, name: str, words: str, *, count: int = 1) -> None:
        """Wait until the agents of a task have written words so many times."""
        wait_until(
            lambda: self.fleet.said(name).count(words) >= count,
            what=lambda: self.fleet.describe(name),
        )

    def await_page(self, name: str, is_met: Callable[[dict[str, Any]], object]) -> None:
        """Type `wta status` until it says what is wanted."""
        wait_until(lambda: is_met(self.page(name)), what=lambda: self.page(name))

    def await_saved(self, name: str, words: str) -> None:
        """Wait until the conversation is on the disk as far as these words: it comes later."""
        wait_saved(self.fleet.sandbox.home, self.fleet.run(name).session_id, words)

    # ---------------------------------------------------------------------------- looking

    def place(self, name: str) -> Path:
        """Return where the worktree of a task is made."""
        root = self.fleet.repository.path
        return root.parent / f"{root.name}-worktrees" / name

    def page(self, name: str) -> dict[str, Any]:
        """Return what `wta status NAME --json` says."""
        (item,) = self.shell.data("status", name)
        assert isinstance(item, dict)
        return item

    def requests(self, name: str) -> tuple[ApiRequest, ...]:
        """Return what the agents of a task asked the model."""
        return self.api.requests_of(name)

    def results(self, name: str) -> list[str]:
        """Return what the model was told about its tool calls, as of the last request."""
        return [result.text for result in self.requests(name)[-1].tool_results]
