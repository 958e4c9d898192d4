"""Gates: commands that must pass on exactly the tree that is to land.

They run in a slot, one of the scratch worktrees of the hub, each on a tree that was put back to the
candidate, in a session of their own with a reaper above them and the slot's mark in the
environment: at the end, or at the deadline, everything below the reaper and everything that carries
the mark is stopped, and nothing of another slot. What they said is kept in a log file.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.landing.merge import GateResult
from wtagents.core.record import record
from wtagents.core.text import printable, printable_lines
from wtagents.git.merging.scratch import Scratch, fill_scratch, spoiled_paths
from wtagents.operations.confining.gates import gate_walls
from wtagents.operations.landing.words import SHELL_LIMIT
from wtagents.operations.starting.worktree import copy_included
from wtagents.system.command import clean_environment
from wtagents.system.files import append_text, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path
    from threading import Event

    from wtagents.core.ids import BranchName, Oid, TaskName
    from wtagents.git.repo import Repository
    from wtagents.operations.context import Context
    from wtagents.operations.landing.outcome import Tell

GATE_MARK = "WTA_GATE"
"""Environment variable of everything that a gate starts; its value names repository and slot.

One merger works per repository, so a process with the mark that nobody waits for is a leftover.
"""
MOST_SLOTS = 16
_TAIL_BYTES = 4096
_TAIL_LINES = 12
_SHOWN = 3
_SETUP, _GATE, _TESTS = "set-up command", "gate", "test command"


@record
class Red:
    """The command that failed, or ran too long."""

    kind: str
    """Set-up command or gate."""
    result: GateResult
    timed_out: bool


@record
class Gated:
    """What all gates said together."""

    results: tuple[GateResult, ...] = ()
    red: Red | None = None
    notes: tuple[str, ...] = ()
    """What a person should know although the gates passed."""
    tree: Oid | None = None
    """The tree that they saw; None where nothing was to be run."""
    remembered: bool = False
    """Whether they saw it at an earlier time."""


@record
class Inspection:
    """One commit to be looked at, by one thread; nothing of it needs the store."""

    context: Context
    hub: Repository
    slot: int
    """From 1."""
    tasks: tuple[TaskName, ...]
    """What is in the commit and not in the target; the last one gives the log its name."""
    commit: Oid
    onto: Oid
    target: BranchName
    stem: str
    """Beginning of the names of the logs."""
    tell: Tell
    cancelled: Event
    shells: tuple[str, ...] | None = None
    """Other gates than those that let a candidate land."""
    tests: tuple[str, ...] = ()
    """Commands that run the tests of both sides, after the gates."""

    @property
    def label(self) -> str:
        """What is looked at, for a person."""
        first, last = self.tasks[0], self.tasks[-1]
        if first == last:
            return str(last)
        return f"{first} … {last} ({len(self.tasks)} tasks)"

    @property
    def scratch(self) -> Scratch:
        """The worktree of the slot."""
        return Scratch(hub=self.hub, root=self.context.paths.slot(self.slot))

    def fill(self) -> Oid:
        """Put the commit's files back, whatever was done to them; return their tree."""
        return fill_scratch(self.scratch, self.commit, target=self.target, onto=self.onto)


@record
class Command:
    """One shell command in the scratch worktree."""

    shell: str
    kind: str
    """What it is, for a person."""
    log: Path


def run_gates(inspection: Inspection) -> Gated:
    """Run set-up commands and gates on a commit until one is red or the inspection is cancelled.

    Raises SystemFault when the scratch worktree cannot be filled or a process cannot be stopped.
    """
    context = inspection.context
    make_private_folder(context.paths.gates)
    stop_leftovers(context, slots=(inspection.slot,))
    tree = inspection.fill()
    is_filled = not copy_included(context, inspection.scratch.tree, afresh=True)
    results: list[GateResult] = []
    notes: list[str] = []
    for command in _commands(inspection):
        if not is_filled:
            inspection.fill()
        is_filled = False
        if inspection.cancelled.is_set():
            break
        inspection.tell(
            f"{inspection.label}: {command.kind} {printable(command.shell, SHELL_LIMIT)}"
        )
        result, timed_out = run_in_slot(inspection, command)
        if command.kind != _SETUP:
            results.append(result)
            notes += _note_spoiled(inspection.scratch, result)
        if not result.passed:
            red = Red(kind=command.kind, result=result, timed_out=timed_out)
            return Gated(results=tuple(results), red=red, notes=tuple(notes), tree=tree)
    return Gated(results=tuple(results), notes=tuple(notes), tree=tree)


def remembered_red(result: GateResult) -> Red:
    """Return what was red at an earlier time; what runs too long is not remembered."""
    return Red(kind=_TESTS if result.is_tests else _GATE, result=result, timed_out=False)


def stop_leftovers(
    context: Context, *, slots: Collection[int] = tuple(range(1, MOST_SLOTS + 1))
) -> int:
    """Stop what gates of these slots started and nobody waits for; the merger lock is held."""
    return context.world.stop_gates(*(slot_mark(context, slot) for slot in slots))


def _commands(inspection: Inspection) -> list[Command]:
    merge, gates = inspection.context.settings.merge, inspection.context.paths.gates
    chosen = merge.gate if inspection.shells is None else inspection.shells
    shells = [(shell, _SETUP) for shell in merge.setup] + [(shell, _GATE) for shell in chosen]
    shells += [(shell, _TESTS) for shell in inspection.tests]
    return [
        Command(shell=shell, kind=kind, log=gates / f"{inspection.stem}-{number}.log")
        for number, (shell, kind) in enumerate(shells, 1)
    ]


def run_in_slot(inspection: Inspection, command: Command) -> tuple[GateResult, bool]:
    """Run one command and everything that it starts to the end; say also whether it was cut off.

    Raises SystemFault when a process cannot be stopped.
    """
    context = inspection.context
    command.log.unlink(missing_ok=True)
    began = context.clock.monotonic()
    try:
        status = _run(inspection, command)
        seconds = context.clock.monotonic() - began
    finally:
        stop_leftovers(context, slots=(inspection.slot,))
    result = GateResult(
        command=command.shell,
        passed=status == 0,
        seconds=round(seconds, 3),
        log=str(command.log),
        tail=_tail(command.log),
        is_tests=command.kind == _TESTS,
    )
    return result, status is None


def _run(inspection: Inspection, command: Command) -> int | None:
    """Run a command inside its walls, below a reaper; None where it was cut off."""
    context, tree = inspection.context, inspection.scratch.tree
    argv: tuple[str, ...] = ("sh", "-c", command.shell)
    environment = {
        **dict([slot_mark(context, inspection.slot)]),
        "WTA_TASK": inspection.tasks[-1],
        "WTA_TASKS": " ".join(inspection.tasks),
        "WTA_CANDIDATE": inspection.commit,
        "WTA_TARGET": inspection.target,
        "GIT_CEILING_DIRECTORIES": str(inspection.scratch.root),
    }
    walls = gate_walls(context, inspection.scratch)
    with contextlib.ExitStack() as held:
        inherited: tuple[int, ...] = ()
        if walls is not None:
            from wtagents.system.walls.confine import confined_argv
            from wtagents.system.walls.porter import way_out

            refused: list[str] = []
            held.callback(_tell_refused, command, refused)
            control = held.enter_context(way_out(walls.network, refused.append))
            inherited = () if control is None else (control,)
            argv = confined_argv(walls, argv, tree, control=control)
            environment |= dict(walls.environment)
        return context.world.run_gate(
            argv,
            cwd=tree,
            seconds=context.settings.merge.gate_timeout,
            env=clean_environment(environment),
            log=command.log,
            inherited=inherited,
        )


def _tell_refused(command: Command, hosts: Iterable[str]) -> None:
    """Say it where the command has said why it failed."""
    with contextlib.suppress(SystemFault):
        for host in hosts:
            words = f"wta: kept from {host}, which sandbox.network does not name\n"
            append_text(command.log, words)


def slot_mark(context: Context, slot: int) -> tuple[str, str]:
    """Return the variable that marks everything that is started for a slot."""
    return GATE_MARK, f"{context.paths.root.name}/{slot}"


def _tail(log: Path) -> str:
    with log.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL_BYTES))
        text = stream.read().decode(errors="replace")
    return "\n".join(printable_lines(text.strip())[-_TAIL_LINES:])


def _note_spoiled(scratch: Scratch, result: GateResult) -> list[str]:
    if not scratch.tree.is_dir():
        shell = printable(result.command, SHELL_LIMIT)
        return [f"the gate {shell!r} removed the folder that it ran in"]
    spoiled = spoiled_paths(scratch)
    if not spoiled:
        return []
    more = f" and {len(spoiled) - _SHOWN} more" if len(spoiled) > _SHOWN else ""
    named = ", ".join(spoiled[:_SHOWN]) + more
    shell = printable(result.command, SHELL_LIMIT)
    return [f"the gate {shell!r} changed tracked files ({named}); they do not land"]
