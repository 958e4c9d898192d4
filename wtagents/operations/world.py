"""What ticks and landings act on beside rows, run folders and refs: processes and worktrees.

A port, so that the whole loop can be run against a simulated machine that crashes at any step.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

from wtagents.system import run_folder
from wtagents.system.load import free_memory, machine_load
from wtagents.system.logs import note
from wtagents.system.process import (
    RUN_MARK,
    boot_id,
    is_alive,
    marked_processes,
    signal_processes,
    stop_found,
)
from wtagents.system.programs.detached import start_detached

if TYPE_CHECKING:
    import signal
    from collections.abc import Collection, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from wtagents.core.ids import RunId
    from wtagents.core.run import ProcessIdentity, Run
    from wtagents.core.task import Task
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.operations.ending import StoppedRuns
    from wtagents.operations.starting.filling import Filling
    from wtagents.operations.starting.worktree import Furnished

_GATE_POLITE_SECONDS = 0.5
_FIRM_SECONDS = 5.0


class World(Protocol):
    """Every effect can be repeated; one that is refused raises WtaError or OSError."""

    def is_alive(self, process: ProcessIdentity) -> bool:
        """Whether exactly this process still runs."""
        ...

    def boot_id(self) -> str:
        """Return an id of this life of the machine."""
        ...

    def load(self) -> float | None:
        """Return how many programs want to run per processor; None where nobody says."""
        ...

    def free_memory(self) -> int | None:
        """Return the bytes that programs can still be given; None where nobody says."""
        ...

    def has_processes(self, run_id: RunId) -> bool:
        """Whether a process of the run is there, claimed or not."""
        ...

    def start_runner(self, run_id: RunId) -> None:
        """Start a runner; of a run that is claimed it ends at once."""
        ...

    def signal(self, process: ProcessIdentity, number: signal.Signals) -> None:
        """Send a signal to exactly this process; one that is gone is passed over."""
        ...

    def wake(self, runner: ProcessIdentity) -> None:
        """Have a runner look into its inbox now; one that is gone is passed over."""
        ...

    def stop_runs(self, run_ids: Collection[RunId]) -> StoppedRuns:
        """Stop every process of these runs, all at once, as far as a moment goes."""
        ...

    def claim_worktree(self, task: Task, previous: Run | None) -> None:
        """Have branch and worktree there; the caller holds the repository lock.

        `previous` is the task's last run: a worktree that is lost since then is made again.
        """
        ...

    def clear_locks(self, task: Task, previous: Run) -> None:
        """Free the worktree of what a git of the last agent left when it was killed."""
        ...

    def filling(self, task: Task) -> AbstractContextManager[Filling | None]:
        """Have the files there at the end of the block; None while somebody else checks out."""
        ...

    def furnish(self, task: Task, filling: Filling) -> Furnished:
        """Put into the worktree what is not committed and yet needed."""
        ...

    def worktree_facts(self, task: Task, at: datetime) -> WorktreeFacts | None:
        """Look at branch, commits and files; None when the worktree is not there."""
        ...

    def run_gate(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        seconds: float,
        inherited: tuple[int, ...],
    ) -> int | None:
        """Run a command of a gate; return its exit status, None at the deadline."""
        ...

    def stop_gates(self, *marks: tuple[str, str]) -> int:
        """Stop what carries these marks of gates, proved; return how many there were."""
        ...


class Machine:
    """The world as it is: this machine's processes, the repository's worktrees."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def is_alive(self, process: ProcessIdentity) -> bool:
        """Ask the process table."""
        return is_alive(process)

    def boot_id(self) -> str:
        """Ask the kernel."""
        return boot_id()

    def load(self) -> float | None:
        """Ask the kernel for the last minute."""
        found = machine_load()
        return None if found is None else found.average / found.processors

    def free_memory(self) -> int | None:
        """Ask the kernel."""
        return free_memory()

    def has_processes(self, run_id: RunId) -> bool:
        """Search for the run's mark."""
        return bool(marked_processes((RUN_MARK, run_id)))

    def start_runner(self, run_id: RunId) -> None:
        """Start it as a program of its own that outlives this one."""
        from wtagents.system.command import own_environment

        folder = self._context.paths.run(run_id)
        start_detached(
            run_folder.runner_argv(folder, sys.executable),
            cwd=folder.root,
            env=own_environment({RUN_MARK: run_id}),
            log=folder.runner_log,
        )

    def signal(self, process: ProcessIdentity, number: signal.Signals) -> None:
        """Send it."""
        signal_processes([process], number)

    def wake(self, runner: ProcessIdentity) -> None:
        """Send what rings a runner's bell and means nothing else."""
        from signal import SIGHUP

        signal_processes([runner], SIGHUP)

    def stop_runs(self, run_ids: Collection[RunId]) -> StoppedRuns:
        """Ask whatever carries the mark of one of the runs, and kill it at a later pass."""
        from wtagents.operations.ending import Ending

        return Ending(self._context, run_ids).carry_on()

    def claim_worktree(self, task: Task, previous: Run | None) -> None:
        """Add it, adopt a half-made one, or make a lost one again."""
        from wtagents.git.keeping.lost import is_lost

        if previous is not None and is_lost(task.worktree):
            from wtagents.operations.starting.remake import remake_worktree

            remake_worktree(self._context, task)
            return
        from wtagents.operations.starting.worktree import claim_worktree

        claim_worktree(self._context, task)

    def clear_locks(self, task: Task, previous: Run) -> None:
        """Set aside locks that are older than the end of the last run."""
        if previous.ended_at is None:
            return
        from wtagents.git.stale_locks import clear_stale_locks

        repository, ended_at = self._context.repository, previous.ended_at
        for lock in clear_stale_locks(repository, task.worktree, task.branch, ended_at=ended_at):
            note(__name__, "%s was left by a git that was killed; it is set aside", lock)

    def filling(self, task: Task) -> AbstractContextManager[Filling | None]:
        """Let git check out beside everything else that a run needs."""
        from wtagents.operations.starting.filling import filling_worktree

        return filling_worktree(self._context, task)

    def furnish(self, task: Task, filling: Filling) -> Furnished:
        """Write the instructions and copy what is to be included."""
        from wtagents.operations.starting.worktree import furnish_worktree

        return furnish_worktree(self._context, task, filling)

    def worktree_facts(self, task: Task, at: datetime) -> WorktreeFacts | None:
        """Ask git."""
        from wtagents.git.looking.worktree_looks import worktree_facts

        return worktree_facts(self._context.repository, task.worktree, task.base, at=at)

    def run_gate(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        seconds: float,
        inherited: tuple[int, ...],
    ) -> int | None:
        """Run it below a reaper, in a session of its own."""
        from wtagents.system.command import run_logged
        from wtagents.system.programs.reaper import reaped

        return run_logged(
            reaped(*argv), cwd=cwd, timeout=seconds, env=env, log=log, inherited=inherited
        )

    def stop_gates(self, *marks: tuple[str, str]) -> int:
        """Ask, then kill, whatever carries the marks."""
        return stop_found(
            lambda: marked_processes(*marks),
            clock=self._context.clock,
            polite_seconds=_GATE_POLITE_SECONDS,
            firm_seconds=_FIRM_SECONDS,
        )
