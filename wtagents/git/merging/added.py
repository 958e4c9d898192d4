"""Lines that commits add, wherever they stand in the history: what is taken away again is there.

Git's own search (`-G`) looks at everything first, so only files with a hit are ever printed.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.git.repo import Repository

_SECONDS = 300.0
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FORMAT = "%x00%H"


@record
class AddedLine:
    """One line of one commit."""

    commit: Oid
    path: str
    number: int
    """From 1, in the file as that commit left it."""
    text: str


def added_lines(repo: Repository, base: Oid, tip: Oid, *, near: str) -> Iterator[AddedLine]:
    """Yield the added lines of files in which a change matches an extended regular expression.

    Binary files are passed over.
    """
    said = repo.read(
        *("log", "--patch", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv"),
        *("--no-renames", "--diff-merges=first-parent", "--reverse", f"--format={_FORMAT}"),
        *("--src-prefix=a/", "--dst-prefix=b/", "--regexp-ignore-case", f"-G{near}"),
        *("--end-of-options", f"{base}..{tip}"),
        timeout=_SECONDS,
    ).stdout
    yield from _parse(said)


def _parse(patch: bytes) -> Iterator[AddedLine]:
    commit, path = "", ""
    old = new = number = 0
    for line in patch.split(b"\n"):
        if new and line.startswith(b"+"):
            text = line[1:].decode(errors="replace")
            yield AddedLine(commit=Oid.parse(commit), path=path, number=number, text=text)
            new, number = new - 1, number + 1
        elif old and line.startswith(b"-"):
            old -= 1
        elif line.startswith(b"\0"):
            commit = line[1:].decode()
        elif line.startswith(b"+++ "):
            path = _path(line.removeprefix(b"+++ "))
        else:
            hunk = _HUNK.match(line)
            if hunk:
                old, new = int(hunk[1] or 1), int(hunk[3] or 1)
                number = int(hunk[2])


def _path(named: bytes) -> str:
    """Return the path behind `+++`; git puts one with odd characters into quotes."""
    return os.fsdecode(named.rstrip(b"\t").strip(b'"').removeprefix(b"b/"))
