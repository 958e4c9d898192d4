"""resolve-files: three files of a conflict to one, without a repository and without a model.

Texts only: what is binary, not UTF-8, too large or no file is left alone. The result is written by
atomic replace, and only when the conflict is resolved.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from wtagents.core.errors import ExitCode, UsageError
from wtagents.core.landing.resolution import ConflictText
from wtagents.core.record import record
from wtagents.core.text import printable
from wtagents.ladder.climb import climb
from wtagents.ladder.outcome import LeftAlone, Merged, Outcome, Solved
from wtagents.operations.result import OperationResult
from wtagents.system.files import write_atomic
from wtagents.system.programs.deadline import Overdue, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wtagents.core.landing.rung import Rung

SIZE_LIMIT = 1_000_000
"""Bytes of one side; a conflict in a larger file is nobody's handwriting."""
SECONDS = 10.0
"""A merge driver that hangs would hold up git; git's own conflict is better."""
_SHARED = 0o666
"""The umask of the person decides, as for any file of the repository."""
_SHOWN_DROPS = 20


@record
class ResolveFiles:
    """The files as a merge driver names them."""

    base: Path
    """Empty when both sides added the file."""
    target: Path
    branch: Path
    path: str
    """What the file is called in the repository: its ending says the language."""
    out: Path
    """May be one of the others."""
    keep_both: bool
    """Refuse whatever would leave out a line of a side."""


@record
class FileResolution:
    """What became of the conflict."""

    path: str
    resolved: bool
    rungs: tuple[Solved, ...]
    dropped: tuple[str, ...]
    """Lines that a choice left out, each with its side and the reason."""
    why: str
    """Why it was left alone, or ''."""


def resolve_files(request: ResolveFiles) -> OperationResult[FileResolution]:
    """Merge the three files; write `out` only where that is possible.

    Raises UsageError for a side that is no readable file, SystemFault when `out` cannot be written.
    """
    outcome = _outcome(request)
    if isinstance(outcome, Merged):
        _write(request.out, outcome.text.encode())
        data = FileResolution(
            path=request.path,
            resolved=True,
            rungs=outcome.rungs,
            dropped=tuple(drop.shown for drop in outcome.dropped),
            why="",
        )
        return OperationResult(data=data, messages=tuple(_narration(data)))
    data = FileResolution(path=request.path, resolved=False, rungs=(), dropped=(), why=outcome.why)
    message = f"{printable(request.path)}: left alone, {outcome.why}"
    return OperationResult(data=data, messages=(message,), exit_code=ExitCode.UNFULFILLED)


def _outcome(request: ResolveFiles) -> Outcome:
    texts: list[str] = []
    for path in (request.base, request.target, request.branch):
        content = _load(path)
        if content is None:
            return LeftAlone(why=f"a side is larger than {SIZE_LIMIT // 1_000_000} MB")
        if b"\0" in content:
            return LeftAlone(why="a side is binary")
        try:
            texts.append(content.decode())
        except UnicodeDecodeError:
            return LeftAlone(why="a side is not UTF-8")
    base, target, branch = texts
    conflict = ConflictText(path=request.path, base=base or None, target=target, branch=branch)
    try:
        with at_most(SECONDS):
            return climb(conflict, keep_both=request.keep_both)
    except (Overdue, RecursionError, MemoryError):
        return LeftAlone(why=f"it takes more than {SECONDS:g} s, or too much memory")


def _load(path: Path) -> bytes | None:
    """Return the content of a regular file; None where it is too large to merge."""
    try:
        # A pipe must not block: it is opened before anything says what it is.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise UsageError(f"{path} is not a file", hint=_HINT)
            content = stream.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {path}", cause=(cause or "").lower(), hint=_HINT) from error
    return None if len(content) > SIZE_LIMIT else content


_HINT = "wta resolve-files --help"


def _write(out: Path, content: bytes) -> None:
    try:
        mode = stat.S_IMODE(out.stat().st_mode)
    except OSError:
        mode = _SHARED
    if out.is_symlink():
        out = out.resolve()
    write_atomic(out, content, mode=mode)


def _narration(data: FileResolution) -> Iterator[str]:
    by_rung: dict[Rung, list[str]] = {}
    for solved in data.rungs:
        rules = by_rung.setdefault(solved.rung, [])
        if solved.rule not in rules:
            rules.append(solved.rule)
    rungs = "; ".join(f"{rung.value} ({', '.join(rules)})" for rung, rules in by_rung.items())
    yield f"{printable(data.path)}: {rungs}"
    yield from data.dropped[:_SHOWN_DROPS]
    more = len(data.dropped) - _SHOWN_DROPS
    if more > 0:
        yield f"and {more} more lines"
