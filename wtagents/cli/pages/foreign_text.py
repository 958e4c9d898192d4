"""What is there beside the tasks, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.cli.style import Cell, Column, Tone
from wtagents.core.figures import ago
from wtagents.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wtagents.cli.style import Style
    from wtagents.operations.steering.foreign import Foreign


def foreign_list(found: tuple[Foreign, ...], style: Style, *, now: datetime) -> Iterator[str]:
    """Lay out worktrees that are seen and not managed."""
    if not found:
        return
    yield ""
    yield style.heading("seen, not managed")
    columns = (Column(""), Column(""), Column("", flexible=True))
    yield from style.table(columns, [_row(each, now) for each in found], indent=2)
    free = [each for each in found if not each.main and not each.missing and each.branch]
    if free:
        yield f"take one over: wta adopt {printable(str(free[0].path))}"


def _row(each: Foreign, now: datetime) -> tuple[Cell | str, ...]:
    if each.processes:
        doing = Cell(", ".join(map(printable, each.processes)), Tone.GOOD)
    elif each.missing:
        doing = Cell("its folder is gone", Tone.BAD)
    elif each.session_at is not None:
        age = max(0.0, (now - each.session_at).total_seconds())
        doing = Cell(f"conversation of {ago(age)}", Tone.FAINT)
    else:
        doing = Cell("")
    branch = printable(each.branch) if each.branch else "detached"
    place = f"{printable(str(each.path))}{' (main worktree)' if each.main else ''}"
    return branch, doing, place
