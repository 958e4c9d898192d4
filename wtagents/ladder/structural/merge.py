"""One conflicted file merged by its syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.resolution import count_lines, normal_line
from wtagents.core.landing.rung import Rung
from wtagents.core.record import replace
from wtagents.ladder.hunks import Spot
from wtagents.ladder.outcome import Merged, Solved
from wtagents.ladder.rules.table import answer_by_rules, answer_for_both
from wtagents.ladder.structural.guards import brings_back, is_missed
from wtagents.ladder.structural.merging import Way, merge_blocks
from wtagents.ladder.structural.parsing import language_of, parse
from wtagents.ladder.structural.reading import read_text
from wtagents.ladder.structural.rows import reshaped_rows
from wtagents.ladder.structural.source import open_source
from wtagents.ladder.structural.unit import block_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.landing.diff3 import Hunk
    from wtagents.core.landing.resolution import ConflictText, Dropped
    from wtagents.ladder.structural.language import Language
    from wtagents.ladder.structural.unit import Block


def merge_structurally(conflict: ConflictText, *, keep_both: bool = False) -> Merged | None:
    """Return the whole file without its conflicts, or None: not by structure.

    `keep_both` is for when both changes must survive: it weaves rows, and where order is a matter
    of taste it sets the target's addition first. Otherwise that is left to who knows people.
    """
    language = language_of(conflict.path)
    if language is None or not conflict.base:
        return None
    texts = (conflict.base, conflict.target, conflict.branch)
    ends = _line_end(texts)
    if ends is None:
        return None
    plain = [text.replace(ends, "\n") for text in texts]
    closed = [text.endswith("\n") for text in plain]
    blocks = [_read(language, text.removesuffix("\n") + "\n") for text in plain]
    if any(block is None for block in blocks):
        return None
    base, target, branch = (block for block in blocks if block is not None)

    drops: list[Dropped] = []
    rule = answer_for_both if keep_both else answer_by_rules

    def answer(hunk: Hunk) -> str | None:
        found = rule(Spot(path=conflict.path, hunk=hunk))
        if found is None:
            return None
        drops.extend(found.superseded)
        return found.text

    way = Way(answer=answer, indented=language.indented, keep_both=keep_both)
    merged = merge_blocks(base, target, branch, way)
    if merged is None:
        return None
    text = block_text(merged)
    if _read(language, text) is None or brings_back(*texts, text):
        return None
    if any(is_missed(side, base, block_text(side), text) for side in (target, branch)):
        return None
    if not (closed[1] if closed[2] == closed[0] else closed[2]):
        text = text.removesuffix("\n")
    text = text.replace("\n", ends)
    dropped = (*reshaped_rows(conflict, text), *_still_missing(drops, conflict, text))
    solved = Solved(hunk=0, rung=Rung.STRUCTURAL, rule=f"units of {language.name}")
    return Merged(text=text, rungs=(solved,), dropped=dropped)


def _still_missing(drops: list[Dropped], conflict: ConflictText, text: str) -> Iterator[Dropped]:
    """Yield what rules left out: of two ways through a unit only one is in the text.

    Rules see a unit without the comma behind it.
    """
    merged = count_lines(text)
    sides = count_lines(conflict.target) | count_lines(conflict.branch)
    for drop in drops:
        line = normal_line(drop.line)
        if line not in sides and f"{line}," in sides:
            line = f"{line},"
        if not merged[line]:
            yield replace(drop, line=line)


def _line_end(texts: tuple[str, str, str]) -> str | None:
    """Return how all lines end; None when they do not end alike."""
    if not any("\r" in text for text in texts):
        return "\n"
    bare = (text.replace("\r\n", "") for text in texts)
    return None if any("\r" in text or "\n" in text for text in bare) else "\r\n"


def _read(language: Language, text: str) -> Block | None:
    data = text.encode(errors="replace")
    root = parse(language, data)
    if root is None:
        return None
    block = read_text(open_source(language, data), root)
    return block if block is not None and block_text(block) == text else None
