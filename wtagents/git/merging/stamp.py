"""The stamp of a landed commit: who lands it, and for which task. Author, date and words stay.

Trailers stand where `git interpret-trailers` would put them. Those of ours that a commit brought
along are dropped: an agent does not say what its work cost or who verified it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.git.objects import Commit

_OURS = re.compile(rb"wta-[a-z0-9-]*[ \t]*:", re.IGNORECASE)
_TRAILER = re.compile(rb"[A-Za-z0-9-]+[ \t]*:")
_GENERATED = (b"Signed-off-by: ", b"(cherry picked from commit ")
"""Lines of git itself: with one of them, a quarter of trailers makes a paragraph a block."""


@record
class Stamp:
    """What every landed commit says beside its own words; the same twice changes nothing."""

    committer: str
    """`name <email>`."""
    trailers: tuple[str, ...]
    """`Wta-Key: value`, each one printable line."""

    def plus(self, trailers: tuple[str, ...]) -> Stamp:
        """Return the stamp of a commit that says more than the others."""
        return replace(self, trailers=(*self.trailers, *trailers))

    def on(self, commit: Commit) -> Commit:
        """Return the commit with the stamp."""
        _, seconds, zone = commit.committer.rsplit(b" ", 2)
        # A message in another encoding takes what is the same in all of them.
        how = ("ascii", "replace") if commit.encoding else ("utf-8", "replace")
        lines = [line.encode(*how) for line in self.trailers]
        return replace(
            commit,
            committer=b" ".join((self.committer.encode(), seconds, zone)),
            message=add_trailers(commit.message, lines),
        )


def add_trailers(message: bytes, trailers: Iterable[bytes]) -> bytes:
    """Return the message with the trailers at the end of its last block of trailers, or a new one.

    Of what the block said, lines of ours are dropped.
    """
    lines = message.rstrip().split(b"\n")
    start = _block_start(lines)
    if start is None:
        return b"\n".join([*lines, b"", *trailers]) + b"\n"
    return b"\n".join([*lines[:start], *_foreign(lines[start:]), *trailers]) + b"\n"


def _foreign(block: list[bytes]) -> list[bytes]:
    """Return the lines that are not ours; one that begins with space goes with the one above."""
    kept: list[bytes] = []
    dropping = False
    for line in block:
        if not line[:1].isspace():
            dropping = _OURS.match(line) is not None
        if not dropping:
            kept.append(line)
    return kept


def _block_start(lines: list[bytes]) -> int | None:
    """Return where the trailers of a message begin (`find_trailer_block_start` of git's trailer.c).

    The last paragraph is a block when all its lines are trailers, or when git wrote one of them and
    at least a quarter are. The title is never one. Comments do not count.
    """
    title_ends = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    trailers = others = continued = 0
    generated = False
    for at in range(len(lines) - 1, title_ends - 1, -1):
        line = lines[at]
        if line.startswith(b"#"):
            others, continued = others + continued, 0
        elif not line.strip():
            others += continued
            enough = (generated and trailers * 3 >= others) or (trailers and not others)
            return at + 1 if enough else None
        elif line.startswith(_GENERATED):
            trailers, continued, generated = trailers + 1, 0, True
        elif line[:1].isspace():
            continued += 1
        elif _TRAILER.match(line):
            trailers, continued = trailers + 1, 0
        else:
            others, continued = others + 1 + continued, 0
    return None
