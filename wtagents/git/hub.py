"""The hub: a private bare repository where merging happens and finished commits are kept.

Objects cross between it and the user's repository as packs, with the other object store named in
the environment: no command runs under the configuration that agents can write, and no hook, filter,
driver or transport of theirs is started. The hub's own configuration is ours alone.

    refs/wta/seen/<oid>                        tips whose whole history is here
    refs/wta/archive/<task>/<epoch>/<oid>      commits that outlive their branch
    refs/wta/checkpoint/<task id>/<number>     see `git/keeping/checkpoints.py`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wtagents.core.errors import SystemFault
from wtagents.core.ids import Oid, RefName
from wtagents.core.record import record
from wtagents.git.new_hub import SEEN, carry_shallow, require_hub
from wtagents.git.objects import open_library
from wtagents.git.repo import GitError, Repository
from wtagents.git.stale_locks import set_aside
from wtagents.system.folders.rooms import open_room
from wtagents.system.paths import StatePaths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from wtagents.core.ids import TaskName
    from wtagents.git.objects import Library
    from wtagents.system.folders.rooms import Room

TRANSFER_SECONDS = 1800.0
FEW_OBJECTS = 100
"""Up to here a transfer becomes loose objects, above it a pack (git's own `fetch.unpackLimit`)."""
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
        return [f"update {SEEN}{oid} {oid}" for oid in wanted]

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
        listed = self.repo.read("for-each-ref", "--format=%(objectname)", SEEN, _ARCHIVE)
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
            "for-each-ref", "--sort=-committerdate", "--format=%(refname)", SEEN
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
    require_hub(paths, repository)
    return Hub(repo=Repository.bare(paths.hub))


def _revisions(oids: Iterable[str], *, excluding: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in (*oids, "--not", *excluding)).encode()
