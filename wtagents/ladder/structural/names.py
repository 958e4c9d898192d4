"""The names that a text declares, by its syntax tree: functions, classes, tests, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.ladder.structural.parsing import language_of, parse
from wtagents.ladder.structural.reading import read_text
from wtagents.ladder.structural.source import open_source
from wtagents.ladder.structural.unit import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.ladder.structural.unit import Block

BETWEEN = "\0"
"""Stands between a name and the one that it stands in."""


def declared_names(path: str, text: str) -> list[str] | None:
    """Return the names in their order, each behind those that it stands in.

    None for a language without a table or a grammar that loads, and for a text that is not read.
    """
    language = language_of(path)
    if language is None:
        return None
    whole = text.replace("\r\n", "\n").removesuffix("\n") + "\n"
    source = open_source(language, whole.encode())
    root = parse(language, source.data)
    block = read_text(source, root) if root is not None else None
    return None if block is None else list(_names(block, ""))


def _names(block: Block, before: str) -> Iterator[str]:
    for unit in block.units:
        if unit.role is Role.NAMED:
            yield before + unit.key
        if unit.block is not None:
            name = unit.key if unit.role is Role.NAMED else ""
            yield from _names(unit.block, f"{before}{name}{BETWEEN}" if name else before)
