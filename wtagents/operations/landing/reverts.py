"""The revert guard: what a landing would take back of what reached the target after the task began.

A three-way merge from the right base never does it. A wrong base does (2,092 pull requests of 658
repositories were landed so on 2026-04-23), and so does a branch that took the target in and dropped
lines of it. Lines count one by one, where they stand; those without a letter or digit, those that
only move, and those that the task's own commits brought do not count. A file that is put back to
what it was when the task began counts as a whole, whatever it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.landing.resolution import normal_line
from wtagents.core.record import record
from wtagents.git.merging.changes import (
    Change,
    changed_lines,
    line_counts,
    tree_changes,
    who_brought,
    who_changed,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from wtagents.core.ids import TaskName
    from wtagents.git.hub import Hub
    from wtagents.git.merging.changes import Landed


@record
class Revert:
    """One file, and what the target would lose of it."""

    path: str
    lines: tuple[str, ...]
    """Empty: the file as a whole is put back to what it was."""
    brought_by: tuple[Landed, ...]


@record
class Attempt:
    """What is compared."""

    task: TaskName
    base: Oid
    """Where the task began."""
    tip: Oid
    onto: Oid
    """What the candidate stands on."""
    candidate: Oid
    resolved: Collection[str]
    """Paths whose conflict was resolved: the lines of these have been checked one by one."""
    changes: tuple[Change, ...]
    """What the candidate changes."""


def find_reverts(hub: Hub, attempt: Attempt) -> tuple[Revert, ...]:
    """Compare what the target got since the task began with what the candidate takes away."""
    began = _shared(hub, attempt.base, attempt.onto)
    if began is None or began == attempt.onto:
        return ()
    since = {change.path: change for change in tree_changes(hub, began, attempt.onto)}
    moved_to = {
        change.new for change in attempt.changes if change.new is not None and change.old is None
    }
    suspects: list[tuple[Change, dict[int, str]]] = []
    for change in attempt.changes:
        before = since.get(change.path)
        if before is None or change.path in attempt.resolved:
            continue
        lost = _lost_lines(hub, before, change)
        if lost or (_is_put_back(before, change) and change.old not in moved_to):
            suspects.append((change, lost))
    if not suspects:
        return ()
    excuses = _Excuses(hub, attempt, began)
    found = (
        _lines_lost(hub, attempt, began, change, lost, excuses)
        if lost
        else _put_back(hub, attempt, began, change)
        for change, lost in suspects
    )
    return tuple(each for each in found if each is not None)


class _Excuses:
    """Lines that are not lost: the candidate has them elsewhere, or they are the task's own."""

    def __init__(self, hub: Hub, attempt: Attempt, began: Oid) -> None:
        self._moved = line_counts(hub, attempt.onto, attempt.candidate)[1]
        # What only went from one place of the target to another did not reach it since.
        self._moved += line_counts(hub, began, attempt.onto)[0]
        own = (attempt.tip, f"^{attempt.base}", f"^{attempt.onto}")
        self._own: Collection[str] = line_counts(hub, *own, log=True)[1]
        self._task = attempt.task

    def left(self, lost: dict[int, str], brought: dict[int, Landed]) -> dict[int, str]:
        """Return what no excuse covers; each moved line excuses one.

        What another task landed is not the task's own, although its branch may have taken it in.
        """
        left = {}
        for number, line in lost.items():
            text = normal_line(line)
            by = brought.get(number)
            if text in self._own and (by is None or by.task in ("", self._task)):
                continue
            if self._moved[text] > 0:
                self._moved[text] -= 1
                continue
            left[number] = line
        return left


def _lines_lost(
    hub: Hub,
    attempt: Attempt,
    began: Oid,
    change: Change,
    lost: dict[int, str],
    excuses: _Excuses,
) -> Revert | None:
    brought = who_brought(hub, began, attempt.onto, change.path, lost)
    left = excuses.left(lost, brought)
    if not left:
        return None
    lines = tuple(normal_line(line) for line in left.values())
    by = dict.fromkeys(brought[number] for number in left if number in brought)
    return Revert(path=change.path, lines=lines, brought_by=tuple(by))


def _put_back(hub: Hub, attempt: Attempt, began: Oid, change: Change) -> Revert | None:
    if change.new is None and changed_lines(hub, change)[0]:
        return None  # a text that came and went: its lines have moved, or none of them counts
    brought = who_changed(hub, began, attempt.onto, change.path)
    return Revert(path=change.path, lines=(), brought_by=brought)


def _lost_lines(hub: Hub, before: Change, change: Change) -> dict[int, str]:
    """Return the lines at `onto` that came since the task began and go with the candidate."""
    if change.old is None:
        return {}
    _, came = changed_lines(hub, before)
    gone, _ = changed_lines(hub, change)
    return {
        number: line
        for number, line in gone.items()
        if number in came and any(character.isalnum() for character in line)
    }


def _is_put_back(before: Change, change: Change) -> bool:
    return change.new == before.old


def _shared(hub: Hub, base: Oid, onto: Oid) -> Oid | None:
    if hub.line(base, onto) is not None:
        return base
    said = hub.repo.read("merge-base", base, onto, ok=(0, 1)).text
    return Oid(said) if said else None
