"""What goes on until the answer is there.

Tasks: a table that is drawn again in place, or one line for each change. Other steps: their lines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from wtagents.cli.pages.task_list import state_tone
from wtagents.cli.render import Board, narrate, screen_style
from wtagents.cli.style import Cell, Column
from wtagents.core.figures import cut
from wtagents.core.text import visible
from wtagents.operations.telling.status_words import changes, now_of, state_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wtagents.cli.call import Invocation
    from wtagents.operations.telling.status import TaskStatus

_COLUMNS = (
    Column("TASK"),
    Column("STATE"),
    Column("NOW", flexible=True),
    Column("COMMITS", right=True),
    Column("CHANGES", right=True),
)


_BAR, _ROOM = 20, 60
"""Columns of what shows how much is done; of a screen that has room for it."""
_KEPT = 8
"""Lines of narration that stay in sight until the answer takes their place."""


class Steps:
    """Narration that makes way for the answer where both are on one screen.

    It would say every result twice there. In a file or a pipe it stays.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._silent = invocation.json
        self._width = screen_style(invocation, sys.stderr).width
        on_one_screen = sys.stdout.isatty() and sys.stderr.isatty()
        # the log would be drawn over
        self._board = Board() if on_one_screen and not invocation.verbosity else None
        self._lines: list[str] = []

    def say(self, line: str) -> None:
        """Say what was done."""
        if self._silent:
            return
        if self._board is None:
            narrate(line)
            return
        self._lines = [*self._lines, cut(visible(line), self._width - 1)][-_KEPT:]
        self._board.draw(self._lines)

    def clear(self) -> None:
        """Make room for the answer."""
        if self._board is not None and self._lines:
            self._board.draw(())


class Counter:
    """How far a command is with many things: one line that makes way for the answer.

    For a person at a terminal only: a pipe, a file and `--json` get nothing of it.
    """

    def __init__(self, invocation: Invocation, doing: str) -> None:
        self._doing = doing
        self._width = screen_style(invocation, sys.stderr).width
        watched = sys.stderr.isatty() and not invocation.json and not invocation.verbosity
        self._board = Board() if watched else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._board is not None:
            self._board.draw(())

    def __call__(self, done: int, of: int, which: str) -> None:
        """Say which comes now; a single thing is not worth a line."""
        if self._board is not None and of > 1:
            bar = f"{'█' * (_BAR * done // of):░<{_BAR}}  " if self._width >= _ROOM else ""
            line = f"{self._doing} {done + 1} of {of}  {bar}{visible(which)}"
            self._board.draw([cut(line, self._width - 1)])


class Progress:
    """The narration of a command that watches tasks; silent where the answer is JSON."""

    def __init__(self, invocation: Invocation) -> None:
        self._silent = invocation.json
        self._style = screen_style(invocation, sys.stderr)
        self._board = Board() if sys.stderr.isatty() else None
        self._said: dict[str, tuple[str, str]] = {}
        self._begun: datetime | None = None

    def say(self, lines: Iterable[str]) -> None:
        """Say something once."""
        if not self._silent:
            for line in lines:
                narrate(line)

    def show(self, tasks: Sequence[TaskStatus], *, now: datetime) -> None:
        """Show how the tasks stand now."""
        self._begun = self._begun or now
        if self._silent:
            return
        if self._board is not None:
            rows = [_row(task, now) for task in tasks]
            self._board.draw(self._style.table(_COLUMNS, rows, indent=2))
            return
        for line in self._changes(tasks, now):
            narrate(line)

    def _changes(self, tasks: Sequence[TaskStatus], now: datetime) -> Iterator[str]:
        seconds = (now - (self._begun or now)).total_seconds()
        for task in tasks:
            name = task.task.name
            told = state_word(task), now_of(task, now)
            if self._said.get(name) != told:
                self._said[name] = told
                yield f"{seconds:6.1f} s  {name:<10} {told[0]:<10} {told[1]}".rstrip()


def _row(item: TaskStatus, now: datetime) -> tuple[Cell | str, ...]:
    facts = item.worktree
    return (
        item.task.name,
        Cell(state_word(item), state_tone(item)),
        now_of(item, now),
        str(facts.commits) if facts and facts.commits else "",
        changes(item),
    )
