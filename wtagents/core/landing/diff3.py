"""Three texts to what both sides agree on and where they do not.

The chunks of diff3 (Khanna, Kunal, Pierce, A Formal Investigation of Diff3, 2007): where base,
target and branch run in step the text is stable; between two stable regions a side that equals the
base yields to the other, equal sides are one, and everything else is a conflict.
"""

from __future__ import annotations

from typing import TypeAlias

from wtagents.core.landing.lockstep import in_step
from wtagents.core.record import record


@record
class Agreed:
    """Text that needs nobody: unchanged, or changed by one side only, or by both alike."""

    text: str


@record
class Hunk:
    """Text that both sides changed, each in its own way."""

    base: str
    target: str
    branch: str


Chunk: TypeAlias = Agreed | Hunk


def plan_merge(base: str, target: str, branch: str) -> tuple[Chunk, ...]:
    """Return the chunks in the order of the text; no two agreed ones stand side by side."""
    b, t, r = map(split_lines, (base, target, branch))
    chunks: list[Chunk] = []
    at = (0, 0, 0)
    for begin, length in in_step(b, t, r):
        gap = [
            "".join(lines[start:end])
            for lines, start, end in zip((b, t, r), at, begin, strict=True)
        ]
        _add(chunks, _between(*gap))
        _add(chunks, Agreed(text="".join(b[begin[0] : begin[0] + length])))
        at = (begin[0] + length, begin[1] + length, begin[2] + length)
    return tuple(chunks)


def split_lines(text: str) -> list[str]:
    """Return the lines with their ends; only a line feed ends a line."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _between(base: str, target: str, branch: str) -> Chunk:
    if branch in (target, base):
        return Agreed(text=target)
    return Agreed(text=branch) if target == base else Hunk(base=base, target=target, branch=branch)


def _add(chunks: list[Chunk], chunk: Chunk) -> None:
    if isinstance(chunk, Agreed):
        if not chunk.text:
            return
        if chunks and isinstance(chunks[-1], Agreed):
            chunks[-1] = Agreed(text=chunks[-1].text + chunk.text)
            return
    chunks.append(chunk)


def disputed_lines(base: str, target: str, branch: str) -> tuple[tuple[range, range], ...]:
    """Return where the hunks lie in target and branch, as line numbers from 1."""
    b, t, r = map(split_lines, (base, target, branch))
    found = []
    at = (0, 0, 0)
    for begin, length in in_step(b, t, r):
        gap = [lines[start:end] for lines, start, end in zip((b, t, r), at, begin, strict=True)]
        if gap[1] != gap[2] and gap[0] not in gap[1:]:
            found.append((range(at[1] + 1, begin[1] + 1), range(at[2] + 1, begin[2] + 1)))
        at = (begin[0] + length, begin[1] + length, begin[2] + length)
    return tuple(found)
