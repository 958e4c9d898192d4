"""Lessons: what a landed resolution teaches about its hunks, for the next one like it. Pure.

A hunk is known again by its three sides, trailing white space and line ends aside, and by the
language of its file: what stands around it and what the file is called make no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.landing.diff3 import Agreed, Hunk, plan_merge, split_lines
from wtagents.core.landing.resolution import Dropped, Side, fit_line_ends, normal_line
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wtagents.core.landing.diff3 import Chunk
    from wtagents.core.landing.resolution import ConflictText


@record
class Lesson:
    """The answer to one hunk."""

    key: str
    text: str
    """What stands in its place, with line feeds."""
    dropped: tuple[tuple[str, str, str], ...] = ()
    """Line, side and reason of what is left out."""


@record
class Recalled:
    """A whole file put together from lessons."""

    text: str
    dropped: tuple[Dropped, ...]


def hunk_keys(conflict: ConflictText) -> tuple[str, ...]:
    """Return the keys of the hunks of a file, in order."""
    return tuple(_key(conflict.path, each) for each in _chunks(conflict) if isinstance(each, Hunk))


def recall(conflict: ConflictText, known: Mapping[str, Lesson]) -> Recalled | None:
    """Return the file when every hunk of it is known."""
    parts: list[str] = []
    dropped: list[Dropped] = []
    chunks = _chunks(conflict)
    for chunk in chunks:
        if isinstance(chunk, Agreed):
            parts.append(chunk.text)
            continue
        lesson = known.get(_key(conflict.path, chunk))
        if lesson is None:
            return None
        parts.append(lesson.text)
        dropped += _drops(conflict.path, lesson)
    if all(isinstance(chunk, Agreed) for chunk in chunks):
        return None
    return Recalled(text=fit_line_ends(conflict, "".join(parts)), dropped=tuple(dropped))


def learn(conflict: ConflictText, text: str, dropped: Iterable[Dropped]) -> tuple[Lesson, ...]:
    """Return what a resolved file teaches; nothing where its hunks cannot be told apart for sure.

    A file that was changed outside its hunks, too, teaches nothing: its answer needs the rest.
    """
    chunks = _chunks(conflict)
    answers = _cut(chunks, _plain(text))
    if answers is None:
        return ()
    drops = [drop for drop in dropped if drop.path == conflict.path]
    hunks = [chunk for chunk in chunks if isinstance(chunk, Hunk)]
    return tuple(
        Lesson(
            key=_key(conflict.path, hunk),
            text=answer,
            dropped=tuple(
                (drop.line, str(drop.side), drop.reason) for drop in drops if _is_of(drop, hunk)
            ),
        )
        for hunk, answer in zip(hunks, answers, strict=True)
    )


def _chunks(conflict: ConflictText) -> tuple[Chunk, ...]:
    sides = (conflict.base or "", conflict.target, conflict.branch)
    base, target, branch = map(_plain, sides)
    return plan_merge(base, target, branch)


def _key(path: str, hunk: Hunk) -> str:
    from hashlib import blake2b

    name = path.rpartition("/")[2]
    language = name.rpartition(".")[2] if "." in name else name
    parts = [language, *map(_bare, (hunk.base, hunk.target, hunk.branch))]
    return blake2b("\0".join(parts).encode(errors="replace"), digest_size=20).hexdigest()


def _cut(chunks: Sequence[Chunk], text: str) -> list[str] | None:
    """Return what stands in the place of each hunk, if there is one way to cut only.

    Cut from the front and from the back, each agreed text where it is found first.
    """
    lines = split_lines(text)
    parts = [split_lines(each.text) if isinstance(each, Agreed) else None for each in chunks]
    front = _cut_forwards(parts, lines)
    back = _cut_forwards([part and part[::-1] for part in parts[::-1]], lines[::-1])
    if front is None or back is None or front != [found[::-1] for found in back[::-1]]:
        return None
    return ["".join(found) for found in front]


def _cut_forwards(parts: Sequence[list[str] | None], lines: list[str]) -> list[list[str]] | None:
    found: list[list[str]] = []
    at, since = 0, None
    for number, part in enumerate(parts):
        if part is None:
            if since is not None:
                return None
            since = at
            continue
        begin = at
        if since is not None:
            is_last = number == len(parts) - 1
            begin = len(lines) - len(part) if is_last else _find(lines, part, at)
            found.append(lines[since:begin])
        if begin < at or lines[begin : begin + len(part)] != part:
            return None
        at, since = begin + len(part), None
    if since is not None:
        found.append(lines[since:])
    elif at != len(lines):
        return None
    return found


def _find(lines: list[str], wanted: list[str], start: int) -> int:
    """Return where lines stand, -1 for nowhere."""
    size = len(wanted)
    places = range(start, len(lines) - size + 1)
    return next((at for at in places if lines[at : at + size] == wanted), -1)


def _is_of(drop: Dropped, hunk: Hunk) -> bool:
    wanted = normal_line(drop.line)
    sides = (hunk.base, hunk.target, hunk.branch)
    return any(normal_line(line) == wanted for side in sides for line in side.split("\n"))


def _drops(path: str, lesson: Lesson) -> Iterable[Dropped]:
    return (
        Dropped(path=path, line=line, side=Side(side), reason=reason)
        for line, side, reason in lesson.dropped
    )


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
