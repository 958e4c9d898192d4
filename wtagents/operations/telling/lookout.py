"""Looks at all tasks again and again, and does for one look only what has changed since the last.

Of the store only those tasks are read anew of which an event tells; a task of which nothing changed
stays the very same value. A look never asks git: a worktree that changed is told as it was seen
last, until `catch_up` has asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.record import record
from wtagents.git.looking.signature import NOTHING, signature
from wtagents.operations.telling.describe import describe, sandbox_of_all
from wtagents.operations.telling.overview import Overview, overview_of
from wtagents.operations.telling.rows import task_rows
from wtagents.operations.telling.trees import ask_git
from wtagents.store.standings import Standings

if TYPE_CHECKING:
    from threading import Event

    from wtagents.core.isolation.confinement import SandboxMode
    from wtagents.core.worktree import WorktreeFacts
    from wtagents.operations.context import Context
    from wtagents.operations.telling.rows import TaskRow
    from wtagents.operations.telling.status import TaskStatus
    from wtagents.store.database import Database
    from wtagents.store.standings import Standing

CATCH_UP_SECONDS = 0.25
"""For git between two looks: however many commit at once, no look waits longer."""
WALK_SECONDS = 2.0
"""Between two looks at worktrees in which nobody works."""


@record
class _Told:
    """What was said of a task, and upon what."""

    row: TaskRow
    worktree: WorktreeFacts | None
    item: TaskStatus


@record
class _Answer:
    """What git said of a worktree that had this signature."""

    signature: str
    worktree: WorktreeFacts | None


class Lookout:
    """What one thread knows of all tasks of a repository."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._db: Database | None = None
        self._standings = Standings()
        self._told: dict[int, _Told] = {}
        self._answers: dict[int, _Answer] = {}
        self._unasked: dict[int, Standing] = {}
        self._has_answers = False
        self._walked = float("-inf")
        self._walks = False

    @property
    def wants_look(self) -> bool:
        """Whether git has said something since the last look, or has yet to be asked."""
        return self._has_answers or bool(self._unasked)

    def look(self) -> Overview:
        """Look at everything. Raises SystemFault when the store cannot be read."""
        now = self._context.clock.monotonic()
        self._walks = self._has_answers or now - self._walked >= WALK_SECONDS
        self._has_answers = False
        if self._walks:
            self._walked, self._unasked = now, {}
        rows = self._rows()
        in_list = sandbox_of_all(self._context, rows)
        self._told = {row.standing.task.id: self._tell(row, in_list) for row in rows}
        return overview_of(self._context, tuple(each.item for each in self._told.values()))

    def catch_up(self, closed: Event) -> None:
        """Ask git about worktrees that changed, for a moment; others wait for the next look."""
        clock = self._context.clock
        end = clock.monotonic() + CATCH_UP_SECONDS
        while self._unasked and not closed.is_set() and clock.monotonic() < end:
            task_id, stands = self._unasked.popitem()
            mark = signature(stands.task.worktree)
            try:
                found = ask_git(self._context, stands)
            except WtaError:
                found = None
            mark = mark if found is None else found.signature
            self._answers[task_id] = _Answer(signature=mark, worktree=found)
            self._has_answers = True

    def _rows(self) -> list[TaskRow]:
        db = self._context.reader
        if db is not self._db:
            self._db, self._standings = db, Standings()
        if db is None:
            return []
        with db.read():
            known = self._standings.read(db)
            return task_rows(self._context, db, known.values(), lambda: known)

    def _tell(self, row: TaskRow, in_list: SandboxMode | None) -> _Told:
        before = self._told.get(row.standing.task.id)
        stays = before if before and row.rests and before.row == row else None
        if stays and not self._walks:
            return stays
        worktree = self._worktree(row.standing)
        if stays and stays.worktree is worktree:
            return stays
        item = describe(self._context, row, worktree, in_list)
        return _Told(row=row, worktree=worktree, item=item)

    def _worktree(self, stands: Standing) -> WorktreeFacts | None:
        """Return how the worktree is, or was when git was asked last."""
        mark, known = signature(stands.task.worktree), stands.worktree
        if mark == NOTHING:
            return None
        if known is not None and known.signature == mark:
            return known
        answer = self._answers.get(stands.task.id)
        if answer is None or answer.signature != mark:
            self._unasked[stands.task.id] = stands
        return known if answer is None else answer.worktree
