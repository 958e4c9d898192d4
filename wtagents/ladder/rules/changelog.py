"""Changelogs: both sides added entries; each stands below its heading, the target's first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import split_lines
from wtagents.core.record import replace
from wtagents.ladder.hunks import Answer
from wtagents.ladder.sections import parse_sections, section_rows
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtagents.ladder.hunks import Spot
    from wtagents.ladder.sections import Section

_NAME = re.compile(
    r"(?:.*/)?(?:change(?:s|log)|news|history|release[-_ ]?notes)[^/]*", re.IGNORECASE
)
_ENDINGS = frozenset({"", "md", "markdown", "rst", "txt"})
_RELEASE = re.compile(r"\d+\.\d|unreleased|\bnext\b|\d{4}-\d\d", re.IGNORECASE)
_REFERENCE = re.compile(r"(?:#|GH-|/pull/|/issues/|/pulls/|\bpr`|\bissue`)(\d+)")


def merge_changelog(spot: Spot) -> Answer | None:
    """Return the entries of both sides; None where they speak of different releases."""
    hunk = spot.hunk
    if not is_changelog(spot.path) or hunk.base.strip():
        return None
    target, branch = split_lines(hunk.target), split_lines(hunk.branch)
    if not all(rows and rows[-1].endswith("\n") for rows in (target, branch)):
        return None
    bare = [_bounds(rows) for rows in (target, branch)]
    sides = [parse_sections(rows[a:b]) for rows, (a, b) in zip((target, branch), bare, strict=True)]
    if sides[0] is None or sides[1] is None:
        return None
    merged = _together(sides[0], sides[1])
    if merged is None:
        return None
    first, last = bare[0]
    end = "\r\n" if target[-1].endswith("\r\n") else "\n"
    rows = [*target[:first], *section_rows(merged, end), *target[last:]]
    return Answer(text="".join(rows), rule="changelog sections")


def is_changelog(path: str) -> bool:
    """Whether a file is one by its name."""
    name = path.rpartition("/")[2]
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return bool(_NAME.fullmatch(path)) and ending in _ENDINGS


def _bounds(rows: Sequence[str]) -> tuple[int, int]:
    """Return where the rows begin and end that are not blank around the rest."""
    filled = [place for place, row in enumerate(rows) if row.strip()]
    return (filled[0], filled[-1] + 1) if filled else (0, 0)


def _together(target: Section, branch: Section) -> Section | None:
    entries = _entries(target, branch)
    theirs = {section.title: section for section in branch.sections}
    mine = {section.title for section in target.sections}
    if entries is None or len(theirs) < len(branch.sections) or len(mine) < len(target.sections):
        return None
    alone = [each for each in target.sections if each.title not in theirs]
    added = [each for each in branch.sections if each.title not in mine]
    if (mine and theirs) and any(_is_release(section) for section in (*alone, *added)):
        return None
    sections: list[Section] = []
    for section in target.sections:
        other = theirs.get(section.title)
        both = _together(section, other) if other else section
        if both is None:
            return None
        sections.append(both)
    return replace(
        target,
        entries=entries,
        inner_gap=target.inner_gap if target.entries else branch.inner_gap,
        loose=target.loose or branch.loose,
        sections=(*sections, *added),
    )


def _is_release(section: Section) -> bool:
    return any(map(_RELEASE.search, section.title))


def _entries(target: Section, branch: Section) -> tuple[str, ...] | None:
    """Return the entries of both, equal ones once; None where two speak of one change."""
    there = {tuple(normal_lines(entry)) for entry in target.entries}
    new = [entry for entry in branch.entries if tuple(normal_lines(entry)) not in there]
    known = {number for entry in target.entries for number in _REFERENCE.findall(entry)}
    if any(number in known for entry in new for number in _REFERENCE.findall(entry)):
        return None
    if target.entries and new and _mark(target.entries[0]) != _mark(new[0]):
        return None
    return (*target.entries, *new)


def _mark(entry: str) -> str:
    return entry[: len(entry) - len(entry.lstrip()) + 1]
