"""A piece of a changelog as sections: headings, the entries below each, and the sections in it.

Headings are those of Markdown (`## 1.0`) and of underlined titles (reStructuredText, plain text). A
text in which anything else than entries of a list stands below them is none that this room reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.ladder.words import normal_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKED = re.compile(r"(#{1,6})\s+\S")
_UNDERLINE = re.compile(r"([=\-~^\"'+*#.:_])\1{2,}\s*\Z")
_LEVELS = {"=": 1, "-": 2, "~": 3}
_BULLET = re.compile(r"(\s*)[-*+•]\s")


@record
class Section:
    """One heading and what is below it. The outermost one has no heading."""

    heading: tuple[str, ...]
    """Its rows."""
    gap: int
    """Blank rows above it."""
    inner_gap: int
    """Blank rows below its heading."""
    entries: tuple[str, ...]
    """Each with its rows and the blank rows in it, without those around it."""
    loose: bool
    """Whether blank rows stand between its entries."""
    sections: tuple[Section, ...]

    @property
    def title(self) -> tuple[str, ...]:
        """What tells it from its siblings."""
        return tuple(normal_lines("".join(self.heading).lower()))


@record
class _Part:
    """A heading with the rows up to the next one."""

    level: int
    heading: tuple[str, ...]
    gap: int
    rows: tuple[str, ...]


def parse_sections(rows: Sequence[str]) -> Section | None:
    """Return the sections of rows that neither begin nor end with a blank one."""
    parts = _parts(rows)
    section, rest = _section(parts[0], parts[1:]) or (None, ())
    return section if section is not None and not rest else None


def section_rows(section: Section, end: str) -> list[str]:
    """Return the rows; `end` is a blank one."""
    rows = [*section.heading, *[end] * section.inner_gap]
    for place, entry in enumerate(section.entries):
        rows += [*[end] * (place > 0 and section.loose), entry]
    for place, inner in enumerate(section.sections):
        # What came first below a heading stands as close to it as before.
        gap = max(1, inner.gap) if place or section.entries else inner.gap
        rows += [*[end] * gap, *section_rows(inner, end)]
    return rows


def _parts(rows: Sequence[str]) -> list[_Part]:
    parts: list[_Part] = []
    heading: tuple[str, ...] = ()
    body: list[str] = []
    level = gap = at = 0
    while at < len(rows):
        found = _heading(rows, at)
        if found is None:
            body.append(rows[at])
            at += 1
            continue
        parts.append(_Part(level=level, heading=heading, gap=gap, rows=tuple(_bare(body))))
        level, length = found
        heading, gap, body = tuple(rows[at : at + length]), _blank_rows(body[::-1]), []
        at += length
    return [*parts, _Part(level=level, heading=heading, gap=gap, rows=tuple(_bare(body)))]


def _heading(rows: Sequence[str], at: int) -> tuple[int, int] | None:
    """Return the level and the number of rows of the heading that begins here."""
    marked = _MARKED.match(rows[at])
    if marked:
        return len(marked[1]), 1
    below = _UNDERLINE.match(rows[at + 1]) if at + 1 < len(rows) else None
    if below and rows[at][:1].strip() and not _BULLET.match(rows[at]):
        return _LEVELS.get(below[1], 4), 2
    return None


def _section(part: _Part, parts: Sequence[_Part]) -> tuple[Section, Sequence[_Part]] | None:
    """Return the section that a part begins, and the parts behind it."""
    entries = _entries(part.rows[_blank_rows(part.rows) :])
    if entries is None:
        return None
    inner: list[Section] = []
    while parts and parts[0].level > part.level:
        found = _section(parts[0], parts[1:])
        if found is None:
            return None
        inner.append(found[0])
        parts = found[1]
    if part.heading and not entries and not inner:
        return None
    section = Section(
        heading=part.heading,
        gap=part.gap,
        inner_gap=_blank_rows(part.rows) if entries else 0,
        entries=tuple("".join(_bare(entry)) for entry in entries),
        loose=any(not entry[-1].strip() for entry in entries[:-1]),
        sections=tuple(inner),
    )
    return section, parts


def _entries(rows: Sequence[str]) -> list[list[str]] | None:
    """Return the rows of each entry; None where something else than a list stands there."""
    entries: list[list[str]] = []
    indent = ""
    for row in rows:
        bullet = _BULLET.match(row)
        if bullet and (not entries or bullet[1] == indent):
            indent = bullet[1]
            entries.append([row])
        elif entries and (not row.strip() or row.startswith((f"{indent} ", f"{indent}\t"))):
            entries[-1].append(row)
        else:
            return None
    return entries


def _bare(rows: Sequence[str]) -> list[str]:
    return list(rows[: len(rows) - _blank_rows(rows[::-1])])


def _blank_rows(rows: Sequence[str]) -> int:
    """Return how many blank rows it begins with."""
    return next((place for place, row in enumerate(rows) if row.strip()), len(rows))
