"""The index of a checkout, written beside it and put in its place: a death leaves the old one.

A person may take our lock away while we live, and stage something. What they have written is never
replaced: the two files change places in one step, and back if another one was found than is known.
"""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.git.advancing.edit import Version
from wtagents.system.folders.exchange import exchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wtagents.core.ids import Oid
    from wtagents.git.checkouts import Checkout
    from wtagents.git.repo import Repository

CHECKOUT_SECONDS = 1800.0
_COPY = "wta-index"
_PROBE = "wta-probe"


Stamp = tuple[int, int, int]
"""By which an index is known: git never writes into one, it makes another."""


class IndexTaken(StateError):
    """Somebody wrote the index, although we hold its lock: theirs is the index as it was found."""

    def __init__(self, checkout: Checkout) -> None:
        super().__init__(
            f"the index of {checkout.path} was written by somebody else",
            cause="its lock was taken away by hand while a landing was at work there",
            hint=f"git -C {shlex.quote(str(checkout.path))} status; then try again",
        )


def stamp(index: Path) -> Stamp:
    """Return by what a file is known that is an index, or becomes one."""
    status = index.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def put_index(checkout: Checkout, new: Path, known: Stamp) -> None:
    """Let a file be the index instead of the one that is known. Raises IndexTaken."""
    try:
        exchange(new, checkout.index)
    except OSError:
        # A file system that cannot: what somebody writes right now is not seen.
        if stamp(checkout.index) != known:
            raise IndexTaken(checkout) from None
        new.replace(checkout.index)
        return
    if stamp(new) != known:
        exchange(new, checkout.index)
        raise IndexTaken(checkout)
    new.unlink()


@contextmanager
def index_copy(checkout: Checkout, source: Path, known: Stamp) -> Iterator[Path]:
    """Yield a copy of an index, as old as the original; it becomes the index in the end.

    Git compares its age with that of the files to find edits that `stat` does not show.

    Raises IndexTaken when the index is not the one that is known any more.
    """
    copy = checkout.git_dir / _COPY
    (checkout.git_dir / f"{_COPY}.lock").unlink(missing_ok=True)
    shutil.copy2(source, copy)
    try:
        yield copy
        put_index(checkout, copy, known)
    finally:
        copy.unlink(missing_ok=True)


@contextmanager
def probe(view: Repository) -> Iterator[Path]:
    """Yield the place of a throwaway index."""
    place = view.git_dir / _PROBE
    for each in (place, place.with_name(f"{_PROBE}.lock")):
        each.unlink(missing_ok=True)
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def at(index: Path) -> dict[str, str]:
    """Return the variables with which git uses an index."""
    return {"GIT_INDEX_FILE": str(index)}


def read_tree(view: Repository, index: Path, old: Oid, new: Oid) -> None:
    """Bring an index and the files from one tree to another; git refuses as a whole.

    Changes to other paths stay as they are.
    """
    view.git(
        "read-tree", "-m", "-u", old, new,
        env=at(index),
        config={"checkout.workers": "2", "protocol.allow": "user"},
        timeout=CHECKOUT_SECONDS,
    )  # fmt: skip


def refresh(view: Repository, index: Path) -> None:
    """Let an index know again what `stat` says of files that are as it says."""
    command = ("update-index", "-q", "--refresh")
    view.git(*command, env=at(index), ok=(0, 1), timeout=CHECKOUT_SECONDS)


def entries(view: Repository) -> dict[str, Version]:
    """Return what the index of a checkout has; a path with a conflict has no blob."""
    found: dict[str, Version] = {}
    for line in view.read("ls-files", "--stage", "-z").fields:
        facts, _, path = line.partition("\t")
        mode, blob, stage = facts.split(" ")
        found[path] = Version(mode=mode, blob=blob if stage == "0" else "")
    return found


def write_entries(view: Repository, index: Path, versions: Mapping[str, Version]) -> None:
    """Let an index have these paths in these versions; an absent one is taken away."""
    lines = (f"{each.mode} {each.blob}\t{path}\0" for path, each in versions.items())
    said = os.fsencode("".join(lines))
    view.git("update-index", "-z", "--index-info", stdin=said, env=at(index))
