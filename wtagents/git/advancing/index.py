"""The index of a checkout, written beside it and renamed: a death leaves the old one."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.git.advancing.edit import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wtagents.core.ids import Oid
    from wtagents.git.checkouts import Checkout
    from wtagents.git.repo import Repository

CHECKOUT_SECONDS = 1800.0
_COPY = "wta-index"
_PROBE = "wta-probe"


@contextmanager
def index_copy(checkout: Checkout, source: Path) -> Iterator[Path]:
    """Yield a copy of an index, as old as the original; it becomes the index in the end.

    Git compares its age with that of the files to find edits that `stat` does not show.
    """
    copy = checkout.git_dir / _COPY
    (checkout.git_dir / f"{_COPY}.lock").unlink(missing_ok=True)
    shutil.copy2(source, copy)
    try:
        yield copy
        copy.replace(checkout.index)
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
