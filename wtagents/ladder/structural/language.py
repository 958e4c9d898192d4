"""What the merge must know of a language: its units, their names, what holds them.

The tables are data, one file of `languages/` each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping


@record
class Holder:
    """A node whose children are units of their own."""

    free: bool
    """Whether the order of its named units has no meaning."""
    separator: str = ""
    """What stands between two units: a comma, or nothing where each has its own line."""
    scalars: tuple[str, ...] = ()
    """Members of a set, by node type or `type>only child`: their text is their name."""
    imports: bool = False
    """Whether its members are what an import brings."""
    after: str = ""
    """The token behind which the units begin, where other children stand before them."""
    bare: bool = False
    """Whether no brackets stand around it."""


@record
class Language:
    """One grammar and its table. Node types are those of the grammar; a dot walks down fields."""

    name: str
    package: str
    """The module of the grammar."""
    function: str = "language"
    """The function of that module that returns the grammar."""
    roots: tuple[str, ...]
    """The node whose children are the units of the file."""
    imports: Mapping[str, str] = {}
    """Units that may stand in any order, and of which equal ones are one: the field that says from
    where they import, or "" where the whole text does."""
    entities: Mapping[str, tuple[str, ...]]
    """Named units: the fields that make up the name."""
    wrappers: Mapping[str, str] = {}
    """Nodes named after what is in them: the field, or "" for their only named child."""
    holders: Mapping[str, Holder]
    """By node type, or `parent>type` where the type alone does not tell."""
    calls: tuple[str, ...] = ()
    """Functions whose calls are units named by their first argument, as tests are."""
    call_body: str = ""
    """The node in such a call whose children are units."""
    leads: tuple[str, ...] = ()
    """Nodes that belong to the unit below them."""
    condition: str = ""
    """Matches a lead that says when a unit is there: of one name there may be one for each case."""
    indented: bool = False
    """Whether the white space that begins a row has a meaning."""
    comment: str = ""
    """What begins a comment of one line, for grammars that hang comments anywhere."""
