"""Answers of a person: what became of one path of a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.ids import Oid


@record
class PersonAnswer:
    """What a person made of one path."""

    key: str
    """Which conflict it answers; see `operations/landing/climbing/person.py`."""
    path: str
    mode: int
    blob: Oid | None
    """None: the path is not there any more."""
    before: str = ""
    """What a path out of the conflict must have been; '' for a conflicted one."""
    dropped: tuple[tuple[str, str, str], ...] = ()
    """Line, side and reason of what it leaves out."""
