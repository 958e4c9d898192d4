"""The stamp of a landed commit: who lands it, and for which task. Author, date and words stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.record import record, replace

if TYPE_CHECKING:
    from wtagents.git.objects import Commit

_TRAILER = re.compile(rb"[A-Za-z0-9-]+: \S.*|[ \t]+\S.*")
"""A line of the last paragraph as `git interpret-trailers` knows it, or its continuation."""


@record
class Stamp:
    """What every landed commit says beside its own words; the same twice changes nothing."""

    committer: str
    """`name <email>`."""
    trailer: str
    """`Key: value`; a trailer of the same key that a commit brought along is replaced."""

    def on(self, commit: Commit) -> Commit:
        """Return the commit with the stamp."""
        _, seconds, zone = commit.committer.rsplit(b" ", 2)
        return replace(
            commit,
            committer=b" ".join((self.committer.encode(), seconds, zone)),
            message=add_trailer(commit.message, self.trailer.encode()),
        )


def add_trailer(message: bytes, trailer: bytes) -> bytes:
    """Return the message with the trailer in its last paragraph, or in a new one."""
    key = trailer.partition(b":")[0].lower() + b":"
    lines = message.rstrip().split(b"\n")
    start = max((number + 1 for number, line in enumerate(lines) if not line.strip()), default=0)
    last = lines[start:]
    if start and all(_TRAILER.fullmatch(line.rstrip()) for line in last):
        kept = [line for line in last if not line.lower().startswith(key)]
        return b"\n".join([*lines[:start], *kept, trailer]) + b"\n"
    return b"\n".join([*lines, b"", trailer]) + b"\n"
