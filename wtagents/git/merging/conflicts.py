"""Conflicts as data, read from index stages: two thirds of the classes have no markers.

A person and a resolver see the two sides as "target" (what is there) and "branch" (what the task
made); git's own words swap their meaning between merge and rebase.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from wtagents.core.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.ids import Oid
    from wtagents.git.hub import Hub
    from wtagents.git.objects import Library

TEXT_LIMIT = 200_000
"""Bytes of one side up to which a conflict is given to a resolver."""
_BINARY_LOOK = 8000
"""Bytes in which git itself looks for a NUL."""
_SUBMODULE, _SYMLINK = 0o160000, 0o120000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
"""Lines as git sees them; `splitlines` also splits at form feeds and Unicode separators."""
_STAGES = ("base", "target", "branch")


class ConflictKind(StrEnum):
    """What happened to a path, for a person."""

    CONTENT = "both changed the same lines"
    BOTH_ADDED = "both added it"
    DELETED_BY_BRANCH = "changed on the target, deleted on the branch"
    DELETED_BY_TARGET = "deleted on the target, changed on the branch"
    RENAME_DELETE = "renamed on one side, deleted on the other"
    RENAMED_APART = "renamed differently on both sides"
    RENAMED_TOGETHER = "two files were renamed to this one"
    MOVED_FOLDER = "its folder was renamed on the other side"
    FILE_AND_FOLDER = "a file on one side, a folder on the other"
    TYPES = "a file on one side, a link or submodule on the other"
    BINARY = "both changed a binary file"
    SYMLINK = "both changed a symbolic link"
    SUBMODULE = "both changed a submodule"
    MODE = "the sides disagree whether it is executable"
    OTHER = "git could not merge it"


@record
class Blob:
    """One version of a path."""

    mode: int
    oid: Oid


@record
class Conflict:
    """One path that git could not merge."""

    path: str
    kind: ConflictKind
    base: Blob | None
    target: Blob | None
    branch: Blob | None
    is_resolvable: bool
    """Text of both sides under the limit, no link, submodule or clash of modes: a resolver may
    try. Everything else goes to a person."""

    @property
    def description(self) -> str:
        """One line for a person."""
        return f"{self.path}: {self.kind.value}"


@record
class Region:
    """The lines of one disputed place, with those that both sides started from."""

    base: str
    target: str
    branch: str


@record
class ConflictText:
    """A resolvable conflict with its content."""

    path: str
    base: str | None
    """None when both sides added the file."""
    target: str
    branch: str
    merged: str
    """What git merged, the disputed places marked in diff3 style: target, base, branch."""
    regions: tuple[Region, ...]


@record
class Remark:
    """One message of `merge-tree -z`: a stable type and the paths it is about."""

    kind: str
    paths: tuple[str, ...]


def classify(
    stages: dict[str, dict[int, Blob]], remarks: Iterable[Remark], library: Library
) -> tuple[Conflict, ...]:
    """Return one conflict for each unmerged path, in the order of the paths."""
    said: dict[str, list[str]] = {}
    for remark in remarks:
        for path in remark.paths:
            said.setdefault(path, []).append(remark.kind)
    return tuple(
        _classify_path(path, stages[path], " ".join(said.get(path, ())), library)
        for path in sorted(stages)
    )


def _classify_path(path: str, found: dict[int, Blob], said: str, library: Library) -> Conflict:
    kind = _kind_by_remark(said) or _kind_by_stages(found)
    if kind in (ConflictKind.CONTENT, ConflictKind.BOTH_ADDED):
        kind = _kind_by_content(kind, found, library)
    base, target, branch = (found.get(stage) for stage in (1, 2, 3))
    resolvable = kind in (ConflictKind.CONTENT, ConflictKind.BOTH_ADDED) and all(
        library.size(blob.oid) < TEXT_LIMIT for blob in found.values()
    )
    return Conflict(
        path=path, kind=kind, base=base, target=target, branch=branch, is_resolvable=resolvable
    )


_REMARKS = (
    ("rename involved in collision", ConflictKind.RENAMED_TOGETHER),
    ("rename/delete", ConflictKind.RENAME_DELETE),
    ("rename/rename", ConflictKind.RENAMED_APART),
    ("directory rename", ConflictKind.MOVED_FOLDER),
    ("file location", ConflictKind.MOVED_FOLDER),
    ("file/directory", ConflictKind.FILE_AND_FOLDER),
    ("distinct types", ConflictKind.TYPES),
    ("distinct modes", ConflictKind.TYPES),
    ("submodule", ConflictKind.SUBMODULE),
    ("binary", ConflictKind.BINARY),
)


def _kind_by_remark(said: str) -> ConflictKind | None:
    return next((kind for words, kind in _REMARKS if words in said), None)


def _kind_by_stages(found: dict[int, Blob]) -> ConflictKind:
    match tuple(sorted(found)):
        case (1, 2, 3):
            return ConflictKind.CONTENT
        case (2, 3):
            return ConflictKind.BOTH_ADDED
        case (1, 2):
            return ConflictKind.DELETED_BY_BRANCH
        case (1, 3):
            return ConflictKind.DELETED_BY_TARGET
        case _:
            return ConflictKind.OTHER


def _kind_by_content(kind: ConflictKind, found: dict[int, Blob], library: Library) -> ConflictKind:
    modes = {blob.mode for blob in found.values()}
    if _SUBMODULE in modes:
        return ConflictKind.SUBMODULE if len(modes) == 1 else ConflictKind.TYPES
    if _SYMLINK in modes:
        return ConflictKind.SYMLINK if len(modes) == 1 else ConflictKind.TYPES
    if len(modes) > 1:
        return ConflictKind.MODE
    if not all(is_text(library.blob(blob.oid)) for blob in found.values()):
        return ConflictKind.BINARY
    return kind


def is_text(data: bytes) -> bool:
    """Whether a resolver can be shown this content: no NUL early on, and UTF-8."""
    if b"\0" in data[:_BINARY_LOOK]:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def conflict_text(hub: Hub, conflict: Conflict) -> ConflictText:
    """Return the content of a resolvable conflict, its disputed places marked and cut out."""
    with hub.library() as library:
        versions = {
            name: library.blob(blob.oid)
            for name in _STAGES
            if (blob := getattr(conflict, name)) is not None
        }
    # markers longer than any line of the content that looks like one cannot be mistaken
    size = max((_longest_marker(data) for data in versions.values()), default=0) + 1
    size = max(size, 7)
    merged = _merge_files(hub, versions, size)
    return ConflictText(
        path=conflict.path,
        base=versions["base"].decode() if "base" in versions else None,
        target=versions["target"].decode(),
        branch=versions["branch"].decode(),
        merged=merged,
        regions=tuple(parse_regions(merged, size)),
    )


def _longest_marker(data: bytes) -> int:
    runs = re.findall(rb"^(<+|=+|\|+|>+)", data, re.MULTILINE)
    return max(map(len, runs), default=0)


def _merge_files(hub: Hub, versions: dict[str, bytes], size: int) -> str:
    with hub.room("conflict") as room:
        for name in _STAGES:
            (room.path / name).write_bytes(versions.get(name, b""))
        labels = [word for name in ("target", "base", "branch") for word in ("-L", name)]
        done = hub.repo.holding(room.lock).git(
            "merge-file",
            "-p",
            "--diff3",
            f"--marker-size={size}",
            *labels,
            *(f"{room.path}/{name}" for name in ("target", "base", "branch")),
            ok=tuple(range(128)),
        )
    return done.stdout.decode()


def parse_regions(merged: str, size: int) -> list[Region]:
    """Cut the disputed places out of a diff3-style merge with markers of `size` characters."""
    regions: list[Region] = []
    parts: dict[str, list[str]] = {}
    current = ""
    for line in _LINE.findall(merged):
        marker = line[: size + 1].rstrip("\r\n")
        if line.startswith("<" * size + " target"):
            parts, current = {"target": [], "base": [], "branch": []}, "target"
        elif current == "target" and line.startswith("|" * size + " base"):
            current = "base"
        elif current == "base" and marker == "=" * size:
            current = "branch"
        elif current == "branch" and line.startswith(">" * size + " branch"):
            regions.append(Region(**{name: "".join(lines) for name, lines in parts.items()}))
            current = ""
        elif current:
            parts[current].append(line)
    return regions
