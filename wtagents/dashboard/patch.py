"""A patch as lines with their numbers, and what a reviewer says about some of them. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record
from wtagents.core.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_LINES = 20_000
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)")


class Kind(StrEnum):
    """What a line of a patch is."""

    FILE = "file"
    HUNK = "hunk"
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    NOTE = "note"
    """What git says of a file: renamed, binary, another mode."""


@record
class PatchLine:
    """One line; its text would show as it is on any terminal."""

    kind: Kind
    path: str
    text: str
    old: int | None = None
    new: int | None = None

    @property
    def place(self) -> str:
        """Where it is, as a person writes it: `src/app.py:12`; of a removed line as it was."""
        number = self.new if self.new is not None else self.old
        return f"{self.path}:{number}" if number is not None else self.path


@record
class Comment:
    """What a reviewer says about a line."""

    line: PatchLine
    text: str


@record
class FileChange:
    """One file of a patch."""

    path: str
    added: int
    removed: int


def parse_patch(patch: bytes) -> tuple[PatchLine, ...]:
    """Read a patch in git's format; what is longer than `MOST_LINES` ends with a note."""
    lines: list[PatchLine] = []
    for line in _lines(patch.decode(errors="replace").split("\n")):
        if len(lines) >= MOST_LINES:
            left = "the patch goes on: wta diff says all of it"
            lines.append(PatchLine(kind=Kind.NOTE, path=line.path, text=left))
            break
        lines.append(line)
    return tuple(lines)


def files_of(lines: Sequence[PatchLine]) -> tuple[FileChange, ...]:
    """Return the files of a patch with how much was changed."""
    paths = dict.fromkeys(line.path for line in lines if line.kind is Kind.FILE)
    counts = {path: [0, 0] for path in paths}
    for line in lines:
        if line.kind in (Kind.ADDED, Kind.REMOVED):
            counts[line.path][line.kind is Kind.REMOVED] += 1
    return tuple(FileChange(path=path, added=a, removed=r) for path, (a, r) in counts.items())


def comments_message(comments: Sequence[Comment]) -> str:
    """Return all comments as one message to the agent."""
    parts = ["Comments on your changes since the commit you started from:"]
    for each in comments:
        sign = {Kind.ADDED: "+", Kind.REMOVED: "-"}.get(each.line.kind, " ")
        parts.append(f"{each.line.place}\n{sign} {each.line.text}\n{each.text}")
    return "\n\n".join(parts)


def _lines(texts: Sequence[str]) -> Iterator[PatchLine]:
    path, old, new, inside = "", 0, 0, False
    for text in texts:
        hunk = _HUNK.match(text)
        if text.startswith("diff --git "):
            path, inside = _path_of(text), False
            yield PatchLine(kind=Kind.FILE, path=path, text=path)
        elif hunk is not None:
            old, new, inside = int(hunk[1]), int(hunk[2]), True
            yield PatchLine(kind=Kind.HUNK, path=path, text=visible(hunk[3]), old=old, new=new)
        elif not inside:
            if text and not text.startswith(("index ", "--- ", "+++ ", "new file", "similarity")):
                yield PatchLine(kind=Kind.NOTE, path=path, text=visible(text)[:200])
            inside = text == "GIT binary patch"
        elif text.startswith("+"):
            yield PatchLine(kind=Kind.ADDED, path=path, text=_shown(text), new=new)
            new += 1
        elif text.startswith("-"):
            yield PatchLine(kind=Kind.REMOVED, path=path, text=_shown(text), old=old)
            old += 1
        elif text.startswith(" "):
            yield PatchLine(kind=Kind.SAME, path=path, text=_shown(text), old=old, new=new)
            old, new = old + 1, new + 1


def _shown(text: str) -> str:
    return visible(text[1:].removesuffix("\r").expandtabs(4))


def _path_of(header: str) -> str:
    """Return the new path of `diff --git a/x b/x`, which git quotes where it must."""
    rest = header.removeprefix("diff --git ")
    half = rest.find(" b/") if not rest.endswith('"') else rest.find(' "b/')
    middle = len(rest) // 2
    if rest[:middle].removeprefix("a/") == rest[middle + 1 :].removeprefix("b/"):
        half = middle
    return visible(rest[half + 1 :].strip('"').removeprefix("b/"))
