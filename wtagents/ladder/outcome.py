"""What comes of a climb."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from wtagents.core.record import record

if TYPE_CHECKING:
    from wtagents.core.landing.resolution import Dropped
    from wtagents.core.landing.rung import Rung


@record
class Solved:
    """One hunk and what solved it."""

    hunk: int
    """Its place among the hunks of the file as `core/landing/diff3.py` plans them, from 0."""
    rung: Rung
    rule: str
    """The name of the rule, for a person: 'version', 'import list'."""


@record
class Merged:
    """A file without its conflict."""

    text: str
    rungs: tuple[Solved, ...]
    """In the order of the hunks."""
    superseded: tuple[Dropped, ...] = ()
    """Lines that are proved to be in the text in another form: woven, or with a higher version."""
    dropped: tuple[Dropped, ...] = ()
    """Lines that a choice left out, or kept although a side removed them. Rules have none."""


@record
class LeftAlone:
    """Nothing was decided."""

    why: str
    """One line in lower case."""


Outcome: TypeAlias = Merged | LeftAlone
