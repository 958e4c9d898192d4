"""A text as units: what a merge may move, take or leave as one piece.

The tiling is exact. A unit is `gap` (blank lines above), `text` (whole lines with the comments,
attributes and decorators above it, without its separator) and `rest` (what stands behind the
separator on its last line). A block is `head`, its units and `tail`; nothing is left out.
"""

from __future__ import annotations

from enum import StrEnum

from wtagents.core.record import record


class Role(StrEnum):
    """What a unit is among its siblings."""

    IMPORT = "import"
    """Equal ones are one; the order is free."""
    NAMED = "named"
    """A function, a class, a constant, a key: its name tells it from the others."""
    ITEM = "item"
    """A member of a set: its text is its name."""
    COMMENT = "comment"
    """A comment that stands alone."""
    OTHER = "other"
    """A statement: its order is its meaning."""


@record
class Unit:
    """One piece of a text."""

    key: str
    """What tells it from its siblings, alike in all three texts."""
    role: Role
    gap: str
    text: str
    rest: str
    block: Block | None
    """Its inside, when that is a list of units: `text` in parts."""

    @property
    def whole(self) -> str:
        """Everything but the gap."""
        return self.text + self.rest


@record
class Block:
    """A list of units with what is around it."""

    head: str
    units: tuple[Unit, ...]
    tail: str
    free: bool
    """Whether named units may stand in any order."""
    separator: str
    ends: bool
    """Whether the last unit has a separator, too."""
    joint: str
    """What stands between two units of a block on one line; '' where units have their own lines."""


def block_text(block: Block) -> str:
    """Return the text of a block."""
    return block.head + units_text(block.units, block) + block.tail


def units_text(units: tuple[Unit, ...], block: Block) -> str:
    """Return the text of units as the block lays them out."""
    if block.joint:
        return block.joint.join(unit.text for unit in units)
    return "".join(
        unit.gap + unit.text + _separator(place, units, block) + unit.rest
        for place, unit in enumerate(units)
    )


def _separator(place: int, units: tuple[Unit, ...], block: Block) -> str:
    """No separator stands behind a lone comment, and behind the last unit only where wanted."""
    if not block.separator or units[place].role is Role.COMMENT:
        return ""
    followed = block.ends or any(unit.role is not Role.COMMENT for unit in units[place + 1 :])
    return block.separator if followed else ""
