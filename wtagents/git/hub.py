"""The hub: a private bare repository where merging happens and finished commits are kept.

Objects cross between it and the user's repository as packs, with the other object store named in
the environment: no command runs under the configuration that agents can write, and no hook, filter,
driver or transport of theirs is started. The hub's own configuration is ours alone.

    refs/wta/seen/<oid>                        tips whose whole history is here
    refs/wta/archive/<task>/<epoch>/<oid>      commits that outlive their branch
    refs/wta/checkpoint/<task id>/<number>     see `git/checkpoints.py`
"""

from __future__ import annotations

import errno
import re
import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError, SystemFault
from wtagents.core.ids import Oid, RefName
from wtagents.core.record import record
from wtagents.git.objects import open_library
from wtagents.git.repo import GitError, Repository
from wtagents.git.stale_locks import set_aside
from wtagents.system.files import disk_fault, write_atomic
from wtagents.system.paths import StatePaths
from wtagents.system.rooms import open_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from wtagents.core.ids import TaskName
    from wtagents.git.objects import Library
    from wtagents.system.rooms import Room

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
TRANSFER_SECONDS = 1800.0
FEW_OBJECTS = 100
"""Up to here a transfer becomes loose objects, above it a pack (git's own `fetch.unpackLimit`)."""
_SEEN = "refs/wta/seen/"
_ARCHIVE = "refs/wta/archive/"
_SEEN_LIMIT = 512


@record
class ArchiveRef:
    """A commit that is kept, and for whom."""

    ref: RefName
    folder: str
    """`TaskName.folder` of its task."""
    epoch: str
    oid: Oid


@record
class Hub:
    """The hub of one repository."""

    repo: Repository

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.repo.common_dir

    def room(self, purpose: str) -> AbstractContextManager[Room]:
        """Open a folder for one act beside it. Raises SystemFault when the disk refuses."""
        return open_room(StatePaths(root=self.path.parent).rooms, purpose)

    def library(self) -> AbstractContextManager[Library]:
        """Open the hub's objects for a block."""
        return open_library(self.path)

    def line(self, base: Oid, tip: Oid) -> tuple[Oid, ...] | None:
        """Return the commits after `base` up to `tip`, oldest first, if it is a short line.

        None where merges, very many commits or the end of a shallow history lie between.
        """
        if (self.path / "shallow").exists():
            return None
        with self.library() as library:
            return library.line(base, tip)

    def fetch(self, repository: Repository, *oids: Oid) -> None:
        """Copy commits of the user's repository with all their history.

        Raises SystemFault when one of them is not whole there.
        """
        self.update_refs(self._fetched(repository, oids))

    def _fetched(self, repository: Repository, oids: Iterable[Oid]) -> list[str]:
        """Copy commits and return the lines of `update-ref` that mark them as seen."""
        known = self._known()
        wanted = [oid for oid in dict.fromkeys(oids) if oid not in known]
        if not wanted:
            return []
        carry_shallow(repository, self.path)
        self._pull(repository, wanted, known)
        return [f"update {_SEEN}{oid} {oid}" for oid in wanted]

    def complete(self, repository: Repository, tree: Oid) -> None:
        """Copy what a tree of the hub names and only the user's repository has."""
        self._pull(repository, [tree], self._known())

    def take(self, source: Path, commit: Oid, *, known: Iterable[Oid], create: RefName) -> None:
        """Copy a commit of another object store of ours, with all it names, under a new ref.

        `known` are commits that are whole here. Raises GitError when the ref is there already.
        """
        self._put(
            self.repo.git(
                "pack-objects", "--revs", "--stdout", "--delta-base-offset", "--quiet",
                stdin=_revisions([commit], excluding=known or self._known()),
                env={"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(source)},
                timeout=TRANSFER_SECONDS,
            ).stdout,
            self.repo.objects,
        )  # fmt: skip
        self.update_refs([f"create {create} {commit}"])

    def _known(self) -> set[str]:
        listed = self.repo.read("for-each-ref", "--format=%(objectname)", _SEEN, _ARCHIVE)
        return set(listed.text.split())

    def _pull(self, repository: Repository, wanted: list[Oid], known: Iterable[str]) -> None:
        try:
            self.repo.git(
                "pack-objects", "--revs", "--non-empty", "--delta-base-offset", "--quiet",
                str(self.path / "objects/pack/pack"),
                stdin=_revisions(wanted, excluding=known),
                env={"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repository.objects)},
                timeout=TRANSFER_SECONDS,
                durable=True,
            )  # fmt: skip
        except GitError as error:
            if error.was_killed:
                raise
            raise SystemFault(
                f"the history of {wanted[0].short} cannot be copied into the hub",
                cause=error.cause,
                hint="git fsck --connectivity-only; a partial clone needs: git fetch --refetch",
            ) from error

    def send(self, repository: Repository, new: Oid, known: Iterable[Oid]) -> None:
        """Copy a commit of the hub into the user's object store; `known` is what is there already.

        Only objects are written, durably: no ref moves and nothing of the repository's runs.
        """
        pack = self.repo.git(
            "pack-objects",
            "--revs",
            "--stdout",
            "--delta-base-offset",
            "--quiet",
            stdin=_revisions([new], excluding=known),
            timeout=TRANSFER_SECONDS,
        ).stdout
        self._put(pack, repository.objects)

    def _put(self, pack: bytes, objects: Path) -> None:
        few = int.from_bytes(pack[8:12], "big") <= FEW_OBJECTS
        self.repo.with_objects(objects).git(
            *(("unpack-objects", "-q") if few else ("index-pack", "--stdin")),
            stdin=pack,
            timeout=TRANSFER_SECONDS,
            durable=True,
        )

    def archive(self, repository: Repository, task: TaskName, epoch: int, oid: Oid) -> RefName:
        """Keep a commit for good and return the ref that holds it; the same again is fine."""
        return self.archive_all(repository, [(task, epoch, oid)])[0]

    def archive_all(
        self,
        repository: Repository,
        kept: Sequence[tuple[TaskName, int, Oid]],
        *,
        also: Iterable[Oid] = (),
    ) -> list[RefName]:
        """Keep commits for good, each for a task's epoch; `also` is fetched with them."""
        seen = self._fetched(repository, (*(oid for _, _, oid in kept), *also))
        refs = [RefName(f"{_ARCHIVE}{task.folder}/{epoch}/{oid}") for task, epoch, oid in kept]
        named = zip(refs, kept, strict=True)
        self.update_refs([*seen, *(f"update {ref} {oid}" for ref, (_, _, oid) in named)])
        return refs

    def archived(self, task: TaskName, epoch: int) -> list[Oid]:
        """Return the commits that are kept of a task's life."""
        listed = self.repo.read(
            "for-each-ref", "--format=%(objectname)", f"{_ARCHIVE}{task.folder}/{epoch}/"
        )
        return [Oid(line) for line in listed.text.splitlines()]

    def archive_refs(self) -> list[ArchiveRef]:
        """Return every commit that is kept."""
        listed = self.repo.read("for-each-ref", "--format=%(refname) %(objectname)", _ARCHIVE)
        found = []
        for line in listed.text.splitlines():
            ref, oid = line.split(" ")
            folder, epoch, _ = ref.removeprefix(_ARCHIVE).rsplit("/", 2)
            found.append(ArchiveRef(ref=RefName(ref), folder=folder, epoch=epoch, oid=Oid(oid)))
        return found

    def forget(self, archived: Iterable[ArchiveRef]) -> None:
        """Delete refs of kept commits, all or none, if they are what they were; objects stay."""
        self.update_refs(f"delete {each.ref} {each.oid}" for each in archived)

    def tidy(self) -> int:
        """Forget the oldest seen tips above the limit; return how many. Objects stay."""
        listed = self.repo.read(
            "for-each-ref", "--sort=-committerdate", "--format=%(refname)", _SEEN
        ).text.splitlines()
        old = listed[_SEEN_LIMIT:]
        self.update_refs(f"delete {ref}" for ref in old)
        return len(old)

    def update_refs(self, commands: Iterable[str]) -> None:
        """Carry out lines of `update-ref --stdin`, all or none."""
        lines = list(commands)
        text = "".join(f"{line}\n" for line in lines).encode()
        if not text:
            return
        try:
            self.repo.git("update-ref", "--stdin", stdin=text, durable=True)
        except GitError:
            # A git that was killed here has left its locks; whoever works here is another wta.
            locks = [self.path / f"{line.split(' ')[1]}.lock" for line in lines]
            locks.append(self.path / "packed-refs.lock")
            if not any(lock.exists() for lock in locks):
                raise
            set_aside(locks, self.path, unless_git_in=(self.path,))
            self.repo.git("update-ref", "--stdin", stdin=text, durable=True)


def open_hub(paths: StatePaths, repository: Repository) -> Hub:
    """Return the hub of a repository, made or made again when it is not whole.

    A damaged hub is renamed and kept. Raises StateError for a repository with SHA-256 names.
    """
    folder = paths.hub
    if not _is_whole(folder):
        require_sha1(repository)
        _set_aside(folder)
        with open_room(paths.rooms, "hub") as room:
            _create(folder, repository, building=room.path / folder.name)
    config = folder / "config"
    if config.read_bytes() != CONFIGURATION:
        write_atomic(config, CONFIGURATION)
    return Hub(repo=Repository.bare(folder))


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
    """Build the hub apart from its place and rename it; of two builders the first one wins."""
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
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY) and _is_whole(folder):
            return
        raise disk_fault(error, folder) from error


def _tips(repository: Repository) -> set[str]:
    listed = repository.read(
        "for-each-ref", "--format=%(objectname) %(objecttype)", "refs/heads/", "refs/remotes/"
    ).text.splitlines()
    return {oid for oid, kind in map(str.split, listed) if kind == "commit"}


def _mark_seen(building: Path, tips: Iterable[str]) -> None:
    """Mark the user's tips as seen: their objects were linked as a whole."""
    lines = [f"{oid} {_SEEN}{oid}\n" for oid in sorted(tips)]
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


def _revisions(oids: Iterable[str], *, excluding: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in (*oids, "--not", *excluding)).encode()
