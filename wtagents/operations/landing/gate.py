"""Gates: commands that must pass on exactly the tree that is to land.

They run in the scratch worktree of the hub, each on a tree that was put back to the candidate, in a
session of their own with a mark in the environment: at the end, or at the deadline, everything that
carries the mark is stopped. What they said is kept in a log file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.merge import GateResult, Rejection
from wtagents.core.record import record
from wtagents.core.text import printable, printable_lines
from wtagents.git.scratch import Scratch, fill_scratch, spoiled_paths
from wtagents.operations.landing.outcome import Refusal
from wtagents.operations.starting.worktree import copy_included
from wtagents.system.command import clean_environment, run_logged
from wtagents.system.files import make_private_folder
from wtagents.system.process import stop_marked

if TYPE_CHECKING:
    from pathlib import Path

    from wtagents.core.ids import Oid
    from wtagents.git.repo import Repository
    from wtagents.operations.context import Context
    from wtagents.operations.landing.landing import Landing

GATE_MARK = "WTA_GATE"
"""Environment variable of everything that a gate starts; its value names the repository.

One merger works per repository, so a process with the mark that nobody waits for is a leftover.
"""
_TAIL_BYTES = 4096
_TAIL_LINES = 12
_SHELL_LIMIT = 80
_SHOWN = 3
_POLITE_SECONDS = 0.5
_FIRM_SECONDS = 5.0


@record
class Gated:
    """What all gates said together."""

    results: tuple[GateResult, ...] = ()
    refusal: Refusal | None = None
    notes: tuple[str, ...] = ()
    """What a person should know although the gates passed."""


@record
class _Command:
    """One shell command in the scratch worktree."""

    shell: str
    is_setup: bool
    log: Path

    @property
    def kind(self) -> str:
        """What it is, for a person."""
        return "set-up command" if self.is_setup else "gate"


@record
class _Bench:
    """The scratch worktree and the candidate on it."""

    landing: Landing
    scratch: Scratch
    commit: Oid
    onto: Oid

    def fill(self) -> None:
        """Put the candidate's files back, whatever was done to them."""
        target = self.landing.request.target
        fill_scratch(self.scratch, self.commit, target=target, onto=self.onto)


def run_gates(landing: Landing, hub: Repository, commit: Oid, onto: Oid) -> Gated:
    """Run set-up commands and gates on a candidate until one is red.

    Raises SystemFault when the scratch worktree cannot be filled or a process cannot be stopped.
    """
    context = landing.context
    if not context.settings.merge.gate:
        return Gated()
    make_private_folder(context.paths.gates)
    stop_leftovers(context)
    bench = _Bench(
        landing=landing,
        scratch=Scratch(hub=hub, root=context.paths.scratch),
        commit=commit,
        onto=onto,
    )
    bench.fill()
    copy_included(context, bench.scratch.tree, afresh=True)
    results: list[GateResult] = []
    notes: list[str] = []
    for command in _commands(landing):
        bench.fill()
        landing.tell(
            f"{landing.task.name}: {command.kind} {printable(command.shell, _SHELL_LIMIT)}"
        )
        result, timed_out = _run(bench, command)
        if not command.is_setup:
            results.append(result)
            notes += _note_spoiled(bench.scratch, result)
        if not result.passed:
            refusal = _refusal(landing, command, result, timed_out=timed_out)
            return Gated(results=tuple(results), refusal=refusal, notes=tuple(notes))
    return Gated(results=tuple(results), notes=tuple(notes))


def stop_leftovers(context: Context) -> int:
    """Stop what a gate of this repository started and nobody waits for; the merger lock is held."""
    return stop_marked(
        GATE_MARK,
        _mark(context),
        clock=context.clock,
        polite_seconds=_POLITE_SECONDS,
        firm_seconds=_FIRM_SECONDS,
    )


def _commands(landing: Landing) -> list[_Command]:
    context, request = landing.context, landing.request
    merge = context.settings.merge
    shells = [(shell, True) for shell in merge.setup] + [(shell, False) for shell in merge.gate]
    stem = f"{landing.task.name.folder}-{request.id}-{request.attempts + 1}"
    return [
        _Command(shell=shell, is_setup=is_setup, log=context.paths.gates / f"{stem}-{number}.log")
        for number, (shell, is_setup) in enumerate(shells, 1)
    ]


def _run(bench: _Bench, command: _Command) -> tuple[GateResult, bool]:
    """Run one command and everything that it starts to the end; say also whether it was cut off."""
    context = bench.landing.context
    command.log.unlink(missing_ok=True)
    began = context.clock.monotonic()
    try:
        status = run_logged(
            ("sh", "-c", command.shell),
            cwd=bench.scratch.tree,
            timeout=context.settings.merge.gate_timeout,
            env=clean_environment(
                {
                    GATE_MARK: _mark(context),
                    "WTA_TASK": bench.landing.task.name,
                    "WTA_CANDIDATE": bench.commit,
                    "WTA_TARGET": bench.landing.request.target,
                    "GIT_CEILING_DIRECTORIES": str(bench.scratch.root),
                }
            ),
            log=command.log,
        )
        seconds = context.clock.monotonic() - began
    finally:
        stop_leftovers(context)
    result = GateResult(
        command=command.shell,
        passed=status == 0,
        seconds=round(seconds, 3),
        log=str(command.log),
        tail=_tail(command.log),
    )
    return result, status is None


def _mark(context: Context) -> str:
    return context.paths.root.name


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL_BYTES))
        text = stream.read().decode(errors="replace")
    return "\n".join(printable_lines(text.strip())[-_TAIL_LINES:])


def _note_spoiled(scratch: Scratch, result: GateResult) -> list[str]:
    spoiled = spoiled_paths(scratch)
    if not spoiled:
        return []
    more = f" and {len(spoiled) - _SHOWN} more" if len(spoiled) > _SHOWN else ""
    named = ", ".join(spoiled[:_SHOWN]) + more
    shell = printable(result.command, _SHELL_LIMIT)
    return [f"the gate {shell!r} changed tracked files ({named}); they do not land"]


def _refusal(
    landing: Landing, command: _Command, result: GateResult, *, timed_out: bool
) -> Refusal:
    name, shell = landing.task.name, printable(command.shell, _SHELL_LIMIT)
    if timed_out:
        return Refusal(
            rejection=Rejection.GATE_TIMEOUT,
            detail=f"the {command.kind} {shell!r} did not end within {result.seconds:.0f} s",
            hint=f"look at {result.log}; raise merge.gate_timeout, then: wta merge {name}",
        )
    last = result.tail.rpartition("\n")[2]
    return Refusal(
        rejection=Rejection.GATE_RED,
        detail=f"the {command.kind} {shell!r} failed" + (f": {last}" if last else ""),
        hint=f'look at {result.log}, then: wta send {name} "the gate fails, see …"',
    )
