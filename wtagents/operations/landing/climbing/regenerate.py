"""Rung "regenerate": a generated file takes the target's version, then its command writes it.

The command runs where gates run, on the tree in which everything else is resolved already. Only its
own files come back from there; a command that changes another one has done something else.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.landing.merge import Author, Resolution
from wtagents.core.landing.rung import Rung
from wtagents.core.landing.syntax import syntax_fault
from wtagents.core.text import printable
from wtagents.git.merging.changes import tree_changes
from wtagents.operations.landing.climbing.climb import Answer
from wtagents.operations.landing.climbing.refusals import refuse_regeneration
from wtagents.operations.landing.climbing.slot import inspect_alone
from wtagents.operations.landing.gate import Command, run_in_slot
from wtagents.operations.starting.worktree import copy_included
from wtagents.system.files import make_private_folder

if TYPE_CHECKING:
    from wtagents.core.landing.regeneration import Regeneration
    from wtagents.git.merging.changes import Change
    from wtagents.git.merging.conflicts import Conflict
    from wtagents.git.objects import Library
    from wtagents.operations.landing.climbing.climb import Climb
    from wtagents.operations.landing.outcome import Refusal

_MARKER = re.compile(rb"^(<{7}|>{7}|\|{7}) ", re.MULTILINE)
_REGULAR = (0o100644, 0o100755)
_SHOWN = 3


def reserve_generated(climbing: Climb) -> None:
    """Set aside what a declared command writes: it is made last, from everything else."""
    climbing.reserve(
        each for each in climbing.left_for(Rung.REGENERATE) if _declared(climbing, each)
    )


def regenerate(climbing: Climb) -> Refusal | None:
    """Run the commands of what was set aside, in the order of their declaration."""
    declared = climbing.landing.context.settings.merge.regenerate
    found = [
        (declared.index(wanted), each)
        for each in climbing.reserved
        if (wanted := _declared(climbing, each))
    ]
    found.sort(key=lambda pair: pair[0])
    for number, group in groupby(found, key=lambda pair: pair[0]):
        refusal = _run(climbing, declared[number], number, [each for _, each in group])
        if refusal:
            return refusal
    return None


def _declared(climbing: Climb, conflict: Conflict) -> Regeneration | None:
    declared = climbing.landing.context.settings.merge.regenerate
    return next((each for each in declared if each.writes(conflict.path)), None)


def _run(
    climbing: Climb, wanted: Regeneration, number: int, conflicts: list[Conflict]
) -> Refusal | None:
    """Run one command and keep what it made of its files; refuse everything else that it did."""
    landing = climbing.landing
    tree = climbing.tree()
    with climbing.hub.library() as library:
        commit = library.write_synthetic(tree, climbing.conflict.onto)
    inspection = inspect_alone(
        landing, climbing.hub, commit, climbing.target_tip, purpose="regenerate"
    )
    log = landing.context.paths.gates / f"{inspection.stem}-{number + 1}.log"
    make_private_folder(log.parent)
    inspection.fill()
    copy_included(landing.context, inspection.scratch.tree, afresh=True)
    shown = printable(wanted.command, 80)
    landing.tell(f"{landing.task.name}: {shown} writes {printable(conflicts[0].path)} again")
    result, late = run_in_slot(inspection, Command(shell=wanted.command, kind="command", log=log))

    def refuse(what: str) -> Refusal:
        said = f"the command {shown!r} that writes {printable(conflicts[0].path)} {what}"
        return refuse_regeneration(landing.task, landing.request.target, said, str(log))

    if late:
        return refuse(f"did not end within {result.seconds:.0f} s")
    if not result.passed:
        last = result.tail.rpartition("\n")[2]
        return refuse("failed" + (f": {last}" if last else ""))
    inspection.scratch.git("add", "--all")
    after = Oid(inspection.scratch.git("write-tree").text)
    changes = tree_changes(climbing.hub, tree, after)
    foreign = [printable(each.path) for each in changes if not wanted.writes(each.path)]
    if foreign:
        more = f" and {len(foreign) - _SHOWN} more" if len(foreign) > _SHOWN else ""
        return refuse(f"changed other files: {', '.join(foreign[:_SHOWN])}{more}")
    with climbing.hub.library() as library:
        for change in changes:
            fault = _fault(library, change)
            if fault:
                return refuse(f"left {printable(change.path)} {fault}")
        written = {each.path: library.blob(each.new.oid) for each in changes if each.new}
        written |= {
            each.path: library.blob(each.target.oid)
            for each in conflicts
            if each.path not in written and each.target
        }
    climbing.answer(_answer(path, content) for path, content in written.items())
    return None


def _fault(library: Library, change: Change) -> str:
    """Return in a few words what is wrong with a generated file."""
    if change.new is None:
        return "deleted"
    if change.new.mode not in _REGULAR:
        return "as something else than a file"
    content = library.blob(change.new.oid)
    before = library.blob(change.old.oid) if change.old else b""
    if len(_MARKER.findall(content)) > len(_MARKER.findall(before)):
        return "with conflict markers"
    broken = syntax_fault(change.path, content.decode(errors="replace"))
    if broken and not syntax_fault(change.path, before.decode(errors="replace")):
        return f"broken: {broken}"
    return ""


def _answer(path: str, content: bytes) -> Answer:
    resolution = Resolution(path=path, author=Author.WTA, rung=Rung.REGENERATE, dropped=())
    return Answer(resolution=resolution, content=content)
