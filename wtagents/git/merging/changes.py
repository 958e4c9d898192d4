"""What differs between two trees of the hub: paths with their blobs, and numbered lines."""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from wtagents.core.errors import UsageError
from wtagents.core.ids import Oid, TaskName
from wtagents.core.landing.resolution import normal_line
from wtagents.core.record import record
from wtagents.git.merging.conflicts import Blob
from wtagents.git.objects import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wtagents.git.hub import Hub
    from wtagents.git.objects import Library

    Entry = tuple[int, Oid]
    """Mode and object of one name in a folder."""

_TYPE, _FILE = 0o170000, 0o100000
"""The bits of a mode that say what it is, and those of a plain file: what has lines."""
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEAD = re.compile(rb"([0-9a-f]{40,64}) \d+ (\d+)")
_BARE_LINES = ("--no-color", "--no-ext-diff", "--no-textconv", "-U0", "--inter-hunk-context=0")
_SECONDS = 600.0
_RANGES = 64
"""Places of one file that `blame` is asked about one by one; else about the whole file."""


@record
class Change:
    """One path whose content, type or mode differs; a rename is two of them."""

    path: str
    old: Blob | None
    """None: it was not there."""
    new: Blob | None
    """None: it is not there any more."""


@record
class Landed:
    """A commit of the target, for a person."""

    commit: Oid
    subject: str
    task: str
    """The task that it landed for, or ''."""


@lru_cache(maxsize=32)
def tree_changes(hub: Hub, old: Oid, new: Oid) -> tuple[Change, ...]:
    """Return every path that differs between two commits or trees; asked once for a pair."""
    with hub.library() as library:
        ends = library.tree(old), library.tree(new)
        found = _below(library, *((FOLDER, each) for each in ends), path=b"")
        return tuple(sorted(found, key=lambda change: change.path))


def _below(
    library: Library, old: Entry | None, new: Entry | None, *, path: bytes
) -> Iterator[Change]:
    """Yield what differs between two entries of one name; a folder is nothing but its entries."""
    if old == new:
        return
    before, after = _as_file(old), _as_file(new)
    if before or after:
        yield Change(path=os.fsdecode(path), old=before, new=after)
    olds, news = _as_folder(library, old), _as_folder(library, new)
    for name in olds.keys() | news.keys():
        below = path + b"/" + name if path else name
        yield from _below(library, olds.get(name), news.get(name), path=below)


def _as_file(entry: Entry | None) -> Blob | None:
    return Blob(mode=entry[0], oid=entry[1]) if entry and entry[0] != FOLDER else None


def _as_folder(library: Library, entry: Entry | None) -> dict[bytes, Entry]:
    return library.entries(entry[1]) if entry and entry[0] == FOLDER else {}


def parse_changes(fields: Sequence[str]) -> tuple[Change, ...]:
    """Read the answer of a raw `diff -z --no-renames`."""
    changes = []
    for facts, path in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, old_oid, new_oid, _ = facts.removeprefix(":").split(" ")
        before, after = _blob(old_mode, old_oid), _blob(new_mode, new_oid)
        changes.append(Change(path=path, old=before, new=after))
    return tuple(sorted(changes, key=lambda change: change.path))


def _blob(mode: str, oid: str) -> Blob | None:
    return Blob(mode=int(mode, 8), oid=Oid(oid)) if mode.strip("0") else None


def changed_lines(hub: Hub, change: Change) -> tuple[dict[int, str], dict[int, str]]:
    """Return the lines that go from the old text and those that come with the new one, numbered.

    What is no text has no lines.
    """
    empty = _empty_blob(hub)
    old, new = (
        each.oid if each is not None and each.mode & _TYPE == _FILE else empty
        for each in (change.old, change.new)
    )
    if old == new:
        return {}, {}
    said = hub.repo.read("diff", *_BARE_LINES, old, new, timeout=_SECONDS)
    gone: dict[int, str] = {}
    come: dict[int, str] = {}
    for sign, number, line in _numbered(said.stdout.split(b"\n")):
        (gone if sign == b"-" else come)[number] = line
    return gone, come


def line_counts(hub: Hub, *what: str, log: bool = False) -> tuple[Counter[str], Counter[str]]:
    """Count the lines that go and that come in a diff of two trees, or in all commits of a log."""
    command = ("log", "--format=", "-p", "--no-merges") if log else ("diff-tree", "-r", "-p")
    said = hub.repo.read(*command, *_BARE_LINES, "--no-renames", *what, timeout=_SECONDS)
    gone, come = Counter[str](), Counter[str]()
    for sign, _, line in _numbered(said.stdout.split(b"\n")):
        (gone if sign == b"-" else come)[normal_line(line)] += 1
    return gone, come


def who_brought(
    hub: Hub, base: Oid, tip: Oid, path: str, numbers: Iterable[int]
) -> dict[int, Landed]:
    """Return by their numbers the commits after `base` that lines of a file come from."""
    places = _ranges(numbers)
    places = places if len(places) <= _RANGES else []
    said = hub.repo.read(
        "blame", "--porcelain", *places, f"{base}..{tip}", "--", path, timeout=_SECONDS
    )
    came: dict[int, str] = {}
    older: set[str] = set()
    current = ""
    for line in said.stdout.split(b"\n"):
        head = _HEAD.match(line)
        if head is not None:
            current = head[1].decode()
            came[int(head[2])] = current
        elif line == b"boundary":
            older.add(current)
    later = dict.fromkeys(commit for commit in came.values() if commit not in older)
    if not later:
        return {}
    told = {each.commit: each for each in _described(hub, ("--no-walk=unsorted", *later))}
    wanted = set(numbers)
    return {at: told[Oid(oid)] for at, oid in came.items() if oid in later and at in wanted}


def _ranges(numbers: Iterable[int]) -> list[str]:
    """Return the options of `blame` for these lines, neighbours together."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return [f"-L{first},{last}" for first, last in ranges]


def who_changed(hub: Hub, base: Oid, tip: Oid, path: str) -> tuple[Landed, ...]:
    """Return the commits between `base` and `tip` that touched a path, newest first."""
    return _described(hub, ("--max-count=20", f"{base}..{tip}", "--", path))


def _described(hub: Hub, which: tuple[str, ...]) -> tuple[Landed, ...]:
    form = "%H%x09%(trailers:key=Wta-Task,valueonly,separator=%x2C)%x09%s"
    said = hub.repo.read("--literal-pathspecs", "log", "-z", f"--format={form}", *which)
    lines = (line.split("\t", 2) for line in said.text.split("\0") if line)
    return tuple(
        Landed(commit=Oid(commit), subject=subject, task=_task_name(task.strip()))
        for commit, task, subject in lines
    )


def _task_name(said: str) -> str:
    """Return what a trailer says if it can be a task at all: it ends up in commands to type."""
    try:
        return TaskName.parse(said)
    except UsageError:
        return ""


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int, str]]:
    """Yield sign, number and text of the lines of a patch without context.

    The counts of a hunk say where it ends: a line of the text may look like a header.
    """
    old = new = 0
    left = [0, 0]
    for line in lines:
        hunk = None if any(left) else _HUNK.match(line)
        if hunk is not None:
            old, new = int(hunk[1]), int(hunk[3])
            left = [int(hunk[group] or 1) for group in (2, 4)]
        elif line[:1] == b"-" and left[0]:
            yield b"-", old, line[1:].decode(errors="replace")
            old, left[0] = old + 1, left[0] - 1
        elif line[:1] == b"+" and left[1]:
            yield b"+", new, line[1:].decode(errors="replace")
            new, left[1] = new + 1, left[1] - 1


def _empty_blob(hub: Hub) -> Oid:
    return Oid(hub.repo.git("hash-object", "-w", "-t", "blob", "--stdin").text)
