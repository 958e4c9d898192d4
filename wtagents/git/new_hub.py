"""A new hub: linked together from the user's object store apart from its place, then renamed."""

from __future__ import annotations

import re
import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.system.files import disk_fault, write_atomic
from wtagents.system.folders.rooms import open_room
from wtagents.system.lock import hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wtagents.git.repo import Repository
    from wtagents.system.paths import StatePaths

CONFIGURATION = b"""\
[core]
\trepositoryformatversion = 0
\tbare = true
\tcommitGraph = false
\tmultiPackIndex = false
[gc]
\tauto = 0
[pack]
\tuseBitmaps = false
[merge]
\tconflictStyle = merge
\tdirectoryRenames = conflict
"""
"""Graphs and bitmaps of the user's store are not read: an agent could cut histories with them."""
SEEN = "refs/wta/seen/"
"""Before the tips whose whole history is in the hub."""
_BUILDING_SECONDS = 1800.0


def require_hub(paths: StatePaths, repository: Repository) -> None:
    """Make the hub of a repository, or make it again when it is not whole; the old one is kept.

    Raises StateError for a repository with SHA-256 names, DeadlineError when another process
    builds for half an hour.
    """
    folder = paths.hub
    if not _is_whole(folder):
        require_sha1(repository)
        with hold_lock(paths.hub_lock, seconds=_BUILDING_SECONDS, what="the hub"):
            # Another process may have built it while this one waited.
            if not _is_whole(folder):
                _set_aside(folder)
                with open_room(paths.rooms, "hub") as room:
                    _create(folder, repository, building=room.path / folder.name)
    config = folder / "config"
    if config.read_bytes() != CONFIGURATION:
        write_atomic(config, CONFIGURATION)


def _is_whole(folder: Path) -> bool:
    return all(
        (folder / name).exists() for name in ("HEAD", "config", "refs", "objects/pack", "whole")
    )


def _set_aside(folder: Path) -> None:
    if not folder.exists():
        return
    for number in count(1):
        aside = folder.with_name(f"{folder.name}.damaged-{number}")
        if not aside.exists():
            folder.rename(aside)
            return


def _create(folder: Path, repository: Repository, *, building: Path) -> None:
    """Build the hub apart from its place and rename it."""
    try:
        for name in ("refs", "info", "objects/info", "objects/pack"):
            (building / name).mkdir(parents=True)
        (building / "HEAD").write_bytes(b"ref: refs/heads/none\n")
        (building / "config").write_bytes(CONFIGURATION)
        carry_shallow(repository, building)
        # Before the objects: somebody may commit while they are linked.
        tips = _tips(repository)
        for store in _stores(repository.objects):
            _link_store(store, building / "objects")
        _mark_seen(building, tips)
        (building / "whole").write_bytes(b"")
        building.chmod(0o700)
        building.rename(folder)
    except OSError as error:
        raise disk_fault(error, folder) from error


def _tips(repository: Repository) -> set[str]:
    listed = repository.read(
        "for-each-ref", "--format=%(objectname) %(objecttype)", "refs/heads/", "refs/remotes/"
    ).text.splitlines()
    return {oid for oid, kind in map(str.split, listed) if kind == "commit"}


def _mark_seen(building: Path, tips: Iterable[str]) -> None:
    """Mark the user's tips as seen: their objects were linked as a whole."""
    lines = [f"{oid} {SEEN}{oid}\n" for oid in sorted(tips)]
    (building / "packed-refs").write_text("# pack-refs with: sorted\n" + "".join(lines))


def _link_store(source: Path, target: Path) -> None:
    """Link every object into the hub, again while a repack moves them: files never change."""
    while True:
        before = _object_files(source)
        for name in before:
            _link(source / name, target / name)
        if _object_files(source) <= before:
            return


def _object_files(store: Path) -> set[str]:
    loose = {
        f"{folder.name}/{entry}"
        for folder in store.iterdir()
        if re.fullmatch(r"[0-9a-f]{2}", folder.name) and folder.is_dir()
        for entry in (path.name for path in folder.iterdir())
        if not entry.startswith("tmp")
    }
    kept = (".pack", ".idx", ".rev")
    packs = (store / "pack").iterdir() if (store / "pack").is_dir() else ()
    return loose | {
        f"pack/{path.name}"
        for path in packs
        if path.name.startswith("pack-") and path.suffix in kept
    }


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    try:
        # A link to a link would break when its target is repacked.
        target.hardlink_to(source.resolve() if source.is_symlink() else source)
    except FileExistsError:
        return
    except FileNotFoundError:
        return  # repacked meanwhile: the next look finds its new place
    except OSError:
        shutil.copyfile(source, target)


def _stores(objects: Path) -> Iterator[Path]:
    """Yield an object store and those that it borrows from."""
    waiting, seen = [objects], set[Path]()
    while waiting:
        store = waiting.pop().resolve()
        if store in seen or not store.is_dir():
            continue
        seen.add(store)
        yield store
        try:
            lines = (store / "info" / "alternates").read_text().splitlines()
        except FileNotFoundError:
            continue
        waiting += [store / line for line in lines if line and not line.startswith("#")]


def carry_shallow(repository: Repository, hub: Path) -> None:
    """A shallow repository ends where its own `shallow` file says; so does its hub."""
    try:
        text = (repository.common_dir / "shallow").read_bytes()
    except FileNotFoundError:
        (hub / "shallow").unlink(missing_ok=True)
        return
    if not (hub / "shallow").is_file() or (hub / "shallow").read_bytes() != text:
        write_atomic(hub / "shallow", text)


def require_sha1(repository: Repository) -> None:
    """Raise StateError for a repository with other object names: its branches cannot land."""
    said = repository.read("config", "--get", "extensions.objectFormat", ok=(0, 1)).text
    if said not in ("", "sha1"):
        raise StateError(
            f"the repository uses {said} object names",
            cause="merging works with SHA-1 names only",
            hint="git clone into a repository with the default object format",
        )
