"""A checkout that was cut off between commits goes to one of them, round what a person edits there.

What an advance changes between its commits is looked at, nothing else, and goes to where HEAD is:
HEAD's own version, if it is of one of the commits, else that of the commit on HEAD's side. Where
the index has what HEAD alone has, git or a person has brought it there: it is left.

A file that is as one of the commits has it, or that git was cut off writing, is brought there
by git, which looks once more. One that is as none of them has it is the person's: what changes is
joined with the edit (`edit.py`), or the file is spared, byte for byte, and only the index goes on.
So is what a person staged, with its entry. A file that was deleted comes back: nothing is lost, and
git itself may have deleted it. Killed anywhere, the next repair finds the same and goes on.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.record import record, replace
from wtagents.git.advancing import index
from wtagents.git.advancing.edit import Edited, Version, as_on_disk, join_edit
from wtagents.git.checkouts import blocking, lying_at, refused_paths
from wtagents.git.refs import contains, resolve
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wtagents.git.advancing.lock import Mark
    from wtagents.git.checkouts import Checkout
    from wtagents.git.repo import Repository

_SCRATCH = "wta-joining-"
_SUBMODULE = "160000"
_TRIES = 5


@record
class Repaired:
    """What became of the files that a person had edited."""

    joined: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    """They are as they were: what is new at the tip is not in them."""


class _Where(Enum):
    """How far the disk is with a path."""

    THERE = auto()
    BEHIND = auto()
    TORN = auto()
    EDITED = auto()
    IN_THE_WAY = auto()
    """Something else lies at its place or above it."""
    STAGED = auto()


_GITS = (_Where.BEHIND, _Where.TORN)
"""What git brings to the tip."""


@record
class _Change:
    """A path that the advance changes."""

    path: str
    before: tuple[Version, ...]
    """In the commits where HEAD is not; one of them may have it as it will be."""
    after: Version
    """As it will be."""

    @property
    def base(self) -> Version:
        """What an edit was made to."""
        return next((each for each in self.before if each != self.after), self.after)


@record
class _Finding:
    """A change, and what lies on the disk."""

    change: _Change
    where: _Where
    lies: Version
    """What git may believe to lie there."""


def repair(repo: Repository, checkout: Checkout, mark: Mark) -> Repaired:
    """Bring index and files of a checkout to its HEAD from where an advance left them.

    The caller holds the lock of the checkout. Raises GitError when git fails, never for an edit;
    IndexTaken when somebody goes on writing the index who took that lock away.
    """
    view = repo.seen_from(checkout.git_dir, checkout.path)
    refused: frozenset[str] = frozenset()
    tries = 0
    while True:
        try:
            with _scratch(checkout) as scratch:
                return _Repair(view, checkout, mark, refused).apply(scratch)
        except index.IndexTaken:
            tries += 1
            if tries == _TRIES:
                raise
        except GitError as error:
            found = refused.union(refused_paths(error.stderr))
            if found == refused:
                raise
            refused = found


class _Repair:
    """One look at the checkout, and what follows from it."""

    def __init__(
        self,
        view: Repository,
        checkout: Checkout,
        mark: Mark,
        refused: Collection[str],
    ) -> None:
        self._view = view
        self._checkout = checkout
        self._known = index.stamp(checkout.index)
        self._tip = resolve(view, "HEAD") or mark.old
        self._refused = refused
        """What git would not touch when it was tried: it is left out."""
        self._is_forward = self._tip == mark.new
        self._entries = index.entries(view)
        changes = self._changes(mark)
        self._unlike = [
            self._unlike_disk({each.path: each.before[number] for each in changes})
            for number in range(len(changes[0].before) if changes else 0)
        ]
        self._unlike_tip = self._unlike_disk({each.path: each.after for each in changes})
        self._goal = self._tree(self._tip, {each.path: each.after for each in changes})
        self._found: dict[str, _Finding] = {}
        for change in changes:
            self._found[change.path] = self._look(change)
        self._clear_folders()

    # ---------------------------------------------------------------------------------- to look

    def _changes(self, mark: Mark) -> list[_Change]:
        """Return what the advance changes, those above before those below."""
        between = _versions(self._view, mark.old, mark.new)
        at_tip = _versions(self._view, mark.old, self._tip)
        on_new_side = contains(self._view, self._tip, mark.new)
        found = []
        for path, (old, new) in sorted(between.items()):
            _, after = at_tip.get(path, (old, old))
            if after not in (old, new):
                if self._entry(path) == after:
                    continue
                after = new if on_new_side else old
            sides = {mark.old: old, mark.new: new}
            before = tuple(side for oid, side in sides.items() if oid != self._tip)
            found.append(_Change(path=path, before=before, after=after))
        return found

    def _unlike_disk(self, versions: Mapping[str, Version]) -> set[str]:
        """Return the paths whose file on the disk is not as these versions say."""
        absent = {path for path, version in versions.items() if version.is_absent}
        unlike = {path for path in absent if self._is_taken(path)}
        present = {path: each for path, each in versions.items() if path not in absent}
        with index.probe(self._view) as probe:
            index.write_entries(self._view, probe, present)
            index.refresh(self._view, probe)
            listing = ("diff-files", "-z", "--name-only", "--ignore-submodules=dirty")
            return unlike.union(self._view.git(*listing, env=index.at(probe)).fields)

    def _is_taken(self, path: str) -> bool:
        """Whether something lies at a path; a folder counts by what lies in it."""
        place = self._checkout.path / path
        return blocking(self._checkout.path, path) == path and not _is_folder(place)

    def _is_staged(self, change: _Change) -> bool:
        """Whether the index has what is in none of the commits."""
        return self._entry(change.path) not in (*change.before, change.after)

    def _entry(self, path: str) -> Version:
        """Return what the index has at a path."""
        absent = Version(mode="000000", blob="0" * len(self._tip))
        return self._entries.get(path, absent)

    def _look(self, change: _Change) -> _Finding:
        """Say what lies at a path; those above it have been looked at."""
        where, lies = self._lies(change)
        return _Finding(change=change, where=where, lies=lies or change.before[0])

    def _lies(self, change: _Change) -> tuple[_Where, Version | None]:
        path = change.path
        if self._is_staged(change):
            return _Where.STAGED, None
        if path not in self._unlike_tip:
            return _Where.THERE, None
        obstacle = blocking(self._checkout.path, path)
        if obstacle not in (None, path) and not self._is_leaving(obstacle):
            return _Where.IN_THE_WAY, None
        if any(_meet(path, each) for each in self._refused):
            return _Where.EDITED if obstacle == path else _Where.IN_THE_WAY, None
        for version, unlike in zip(change.before, self._unlike, strict=True):
            if path not in unlike:
                return _Where.BEHIND, version
        if obstacle is None:
            return _Where.BEHIND, None
        return _Where.TORN if self._is_torn(change) else _Where.EDITED, None

    def _is_leaving(self, path: str | None) -> bool:
        """Whether git takes away what lies at a path."""
        found = self._found.get(path or "")
        return found is not None and found.where in _GITS and found.change.after.is_absent

    def _is_torn(self, change: _Change) -> bool:
        """Whether a file holds nothing but the beginning of what git was writing.

        It was writing what the tip has, and before that the other commit, if it was going there.
        """
        place = self._checkout.path / change.path
        if place.is_symlink() or not place.is_file():
            return False
        data = place.read_bytes()
        written = (change.after,) if self._is_forward else (change.after, *change.before)
        for version in written:
            with suppress(GitError):
                if version.is_file and as_on_disk(self._view, version.blob, change.path).startswith(
                    data
                ):
                    return True
        return False

    def _clear_folders(self) -> None:
        """A folder where a file comes: it goes with its files, or all of them stay."""
        root = self._checkout.path
        for path, finding in self._found.items():
            if finding.where not in (_Where.BEHIND, _Where.EDITED) or not _is_folder(root / path):
                continue
            if finding.change.after.is_absent or finding.change.after.mode == _SUBMODULE:
                continue
            below = [each for each in lying_at(root, path) if each != path]
            if finding.where is _Where.BEHIND and all(map(self._is_leaving, below)):
                continue
            self._found[path] = replace(finding, where=_Where.IN_THE_WAY)
            for each in filter(self._is_leaving, below):
                self._found[each] = replace(self._found[each], where=_Where.THERE)

    # ---------------------------------------------------------------------------------- to mend

    def apply(self, scratch: Path) -> Repaired:
        """Join what can be joined, let git do the rest, and let the index name the tip."""
        joined = {
            path
            for path, finding in self._found.items()
            if finding.where is _Where.EDITED and self._join(finding.change, scratch)
        }
        for path, finding in self._found.items():
            if finding.where is _Where.TORN:
                (self._checkout.path / path).unlink(missing_ok=True)
        gits = {path: each.lies for path, each in self._found.items() if each.where in _GITS}
        rest = {
            path: each.change.after
            for path, each in self._found.items()
            if each.where not in (*_GITS, _Where.STAGED)
        }
        halfway = self._tree(self._goal, gits)
        with index.index_copy(self._checkout, self._checkout.index, self._known) as copy:
            index.write_entries(self._view, copy, gits | rest)
            index.refresh(self._view, copy)
            index.read_tree(self._view, copy, halfway, self._goal)
        spared = [
            path
            for path, finding in self._found.items()
            if finding.where in (_Where.EDITED, _Where.IN_THE_WAY, _Where.STAGED)
        ]
        return Repaired(
            joined=tuple(sorted(joined)), spared=tuple(sorted(set(spared).difference(joined)))
        )

    def _join(self, change: _Change, scratch: Path) -> bool:
        place = self._checkout.path / change.path
        edited = Edited(place=place, path=change.path, base=change.base, goal=change.after)
        return join_edit(self._view, edited, scratch)

    def _tree(self, origin: Oid, versions: Mapping[str, Version]) -> Oid:
        """Return a tree with these paths in these versions."""
        with index.probe(self._view) as probe:
            self._view.git("read-tree", origin, env=index.at(probe))
            index.write_entries(self._view, probe, versions)
            return Oid(self._view.git("write-tree", env=index.at(probe)).text)


def _versions(view: Repository, one: Oid, other: Oid) -> dict[str, tuple[Version, Version]]:
    """Return the paths in which two commits differ, as each has them."""
    fields = view.read("diff-tree", "-r", "-z", "--no-renames", one, other).fields
    found = {}
    for facts, path in zip(fields[::2], fields[1::2], strict=True):
        old_mode, new_mode, old, new, _ = facts.removeprefix(":").split(" ")
        found[path] = (Version(mode=old_mode, blob=old), Version(mode=new_mode, blob=new))
    return found


@contextmanager
def _scratch(checkout: Checkout) -> Iterator[Path]:
    """Yield an empty folder of ours on the file system of the main checkout."""
    for left in checkout.git_dir.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=checkout.git_dir, prefix=_SCRATCH) as folder:
        yield Path(folder)


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _meet(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")
