"""The lookout: where worktrees are looked at again and again, and merges are only tried.

    <root>/store/       a bare repository of ours that borrows the user's objects and keeps its own
    <root>/rooms/<n>/   a git directory for each worktree, with our own index of its files

Nothing here has to be kept: what a night of looks leaves behind goes with the whole folder. A
worktree, its index, HEAD and stash are only read. The index of a room remembers what every file
looked like, so a look that finds nothing new costs one git process and reads no file.
"""

from __future__ import annotations

import os
import shutil
from functools import cached_property
from hashlib import sha1
from typing import TYPE_CHECKING
from zlib import compress

from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git import admin
from wtagents.git.hub import Hub
from wtagents.git.looking.room import furnish, room_configuration, uncover
from wtagents.git.new_hub import CONFIGURATION, carry_shallow, require_sha1
from wtagents.git.repo import GitError, Repository
from wtagents.system.files import make_private_folder, write_atomic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wtagents.core.ids import BranchName

_LOOK_SECONDS = 300.0
AUTHOR = "wta <wta@localhost>"
_HEAD = b"ref: refs/heads/none\n"
_MOST_OBJECTS = 40_000
"""Loose objects above which the store begins anew; git looks at every one of a folder."""
_ASK_CHANGED = ("-z", "--modified", "--others", "--exclude-standard")
_AS_IT_WAS, _SEEN_AS_CHANGED = "H", "MC?"
"""Tags of `ls-files -v`: in the index; unmerged, changed, untracked. All others hide something."""
_FOLDERS = 256
_SAMPLE = "17"
"""The folder of loose objects that git itself counts to guess how many there are."""


@record
class Lookout:
    """The folder of the radar; used by one process at a time."""

    root: Path
    hub: Hub
    """Not the hub that keeps commits: a store of the same form, for objects nobody will miss."""

    def room(self, name: str) -> Path:
        """Where the private git directory of one worktree is."""
        return self.root / "rooms" / name


class Round:
    """What looks at several worktrees have in common; threads may share it."""

    def __init__(self, lookout: Lookout, repo: Repository, tips: Mapping[BranchName, Oid]) -> None:
        self.lookout = lookout
        self.repo = repo
        self.tips = tips
        """The answer of `branch_tips`."""

    @cached_property
    def configuration(self) -> str:
        """What the rooms are to know of the repository's settings."""
        return room_configuration(self.repo)


@record
class _Place:
    """One worktree, git's own directory of it, and ours."""

    worktree: Path
    git_dir: Path
    room: Path


@record
class Sight:
    """Everything that lies in a worktree, as a commit."""

    head: Oid
    tip: Oid
    """A child of HEAD that is only in the lookout; the same files give the same one."""
    read: int
    """Bytes of changed files that were read for it."""
    tree: Oid
    passed: tuple[str, ...]
    """Paths whose changes are not in it: the files are too large."""


def open_lookout(root: Path, repository: Repository) -> Lookout:
    """Return the lookout, made anew when there is none or too much has gathered in it.

    Raises StateError for a repository with SHA-256 names.
    """
    store = root / "store"
    if not _is_whole(store) or _is_full(store / "objects"):
        require_sha1(repository)
        clear_lookout(root)
        _create(root, repository)
    carry_shallow(repository, store)
    return Lookout(root=root, hub=Hub(repo=Repository.bare(store)))


def clear_lookout(root: Path) -> None:
    """Drop everything; what is half dropped by a process that dies is dropped by the next one."""
    gone = root.with_name(f"{root.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)
    if root.is_dir():
        root.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def drop_rooms(lookout: Lookout, *, but: Collection[str]) -> None:
    """Drop the rooms of worktrees that nobody looks at any more."""
    for room in (lookout.root / "rooms").iterdir():
        if room.name not in but:
            shutil.rmtree(room, ignore_errors=True)


def _is_whole(store: Path) -> bool:
    """Whether the store was made to its end: what is written last is there, and not cut off."""
    try:
        return (store / "HEAD").read_bytes() == _HEAD
    except FileNotFoundError:
        return False


def _is_full(objects: Path) -> bool:
    try:
        return len(os.listdir(objects / _SAMPLE)) * _FOLDERS > _MOST_OBJECTS  # noqa: PTH208
    except FileNotFoundError:
        return False


def _create(root: Path, repository: Repository) -> None:
    make_private_folder(root / "rooms")
    store = root / "store"
    for name in ("refs", "objects/info", "objects/pack"):
        (store / name).mkdir(parents=True, exist_ok=True)
    (store / "config").write_bytes(CONFIGURATION)
    (store / "objects/info/alternates").write_bytes(os.fsencode(f"{repository.objects}\n"))
    (store / "HEAD").write_bytes(_HEAD)


def look_at(round_: Round, worktree: Path, *, name: str, largest: int) -> Sight | None:
    """Return what lies in a worktree now, untracked files included, ignored ones not.

    None where there is no such worktree, its files are not there yet, or it has no commit. A
    change of a file above `largest` bytes is passed over. Raises GitError for what git cannot read.
    """
    git_dir = admin.admin_dir(round_.repo, worktree)
    if git_dir is None or not worktree.is_dir() or not (git_dir / "index").is_file():
        return None
    head = admin.read_head(git_dir)
    commit = head.commit if head.branch is None else round_.tips.get(head.branch)
    if commit is None:
        return None
    place = _Place(worktree=worktree, git_dir=git_dir, room=round_.lookout.room(name))
    try:
        tree, sizes = _tree_of_files(round_, place, commit, largest)
    except GitError:
        # What a git that was killed here has left behind, or an object that is gone.
        if not worktree.is_dir():
            return None
        shutil.rmtree(place.room, ignore_errors=True)
        tree, sizes = _tree_of_files(round_, place, commit, largest)
    return Sight(
        head=commit,
        tip=write_child(round_.lookout, tree, commit, message="sight"),
        read=sum(size for size in sizes.values() if size <= largest),
        tree=tree,
        passed=tuple(path for path, size in sizes.items() if size > largest),
    )


def write_child(lookout: Lookout, tree: Oid, parent: Oid, *, message: str, at: int = 0) -> Oid:
    """Store a commit that only carries a tree; without git, for every look does it.

    `message` is ASCII, `at` is in seconds since the epoch.
    """
    objects, person = lookout.hub.repo.objects, f"{AUTHOR} {at} +0000"
    text = f"tree {tree}\nparent {parent}\nauthor {person}\ncommitter {person}\n\n{message}\n"
    data = b"commit %d\0" % len(text) + text.encode("ascii")
    oid = Oid(sha1(data, usedforsecurity=False).hexdigest())
    path = objects / oid[:2] / oid[2:]
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write_atomic(path, compress(data, 1), durable=False)
    return oid


def room_view(lookout: Lookout, room: Path, worktree: Path) -> Repository:
    """Return the worktree as its room sees it: with our index of its files."""
    view = Repository(common_dir=room, git_dir=room, work_tree=worktree)
    return view.with_objects(lookout.hub.repo.objects)


def _tree_of_files(
    round_: Round, place: _Place, commit: Oid, largest: int
) -> tuple[Oid, dict[str, int]]:
    """Bring the room's index up to date; return its tree and what differed, with its size."""
    room, worktree = place.room, place.worktree
    view = room_view(round_.lookout, room, worktree)
    known = room / "tree"
    stamp = _stamp(round_.repo, place.git_dir)
    is_fresh = admin.read_line(room / "stamp") != stamp
    if is_fresh:
        shutil.rmtree(room, ignore_errors=True)
        make_private_folder(room)
        furnish(room, round_.repo, place.git_dir, commit, configuration=round_.configuration)
        (room / "stamp").write_text(f"{stamp}\n")
    changed = _first_changed(view, worktree) if is_fresh else _changed(view)
    sizes = {path: _size(worktree / path) for path in changed}
    # A file that became a folder goes before what is in it: git refuses the other way round.
    paths = sorted(path for path, size in sizes.items() if size <= largest)
    if not paths and (seen := admin.read_line(known)):
        return Oid(seen), sizes
    known.unlink(missing_ok=True)
    before = _stamp_of_file(room / "index")
    if paths:
        _update_index(view, paths)
    tree = Oid(view.git("write-tree").text)
    if _stamp_of_file(room / "index") == before:
        _update_index(view, ())
    known.write_text(f"{tree}\n")
    return tree, sizes


def _update_index(view: Repository, paths: Iterable[str]) -> None:
    """Take what lies at the paths into the index, and write it in any case.

    An index as young as its files makes git read them all, at every look.
    """
    view.git(
        "update-index", "--add", "--remove", "--replace", "--force-write-index", "-z", "--stdin",
        stdin=os.fsencode("".join(f"{path}\0" for path in paths)),
        timeout=_LOOK_SECONDS,
    )  # fmt: skip


def _stamp(repo: Repository, git_dir: Path) -> str:
    """Return a text that changes with whatever the room has copied."""
    watched = (
        git_dir / "index",
        *(repo.common_dir / name for name in ("config", "info/exclude", "info/attributes")),
    )
    return " ".join(_stamp_of_file(path) for path in watched)


def _stamp_of_file(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "-"
    return f"{stat.st_mtime_ns}.{stat.st_size}.{stat.st_ino}"


def _first_changed(view: Repository, worktree: Path) -> Iterable[str]:
    """Return what `_changed` does, where flags may still hide edits from it.

    There hardly ever are any, so one git process finds both.
    """
    said = view.git("ls-files", "-v", "--cached", *_ASK_CHANGED, timeout=_LOOK_SECONDS)
    plain = [line for line in said.fields if line[0] != _AS_IT_WAS]
    if all(line[0] in _SEEN_AS_CHANGED for line in plain):
        return [line[2:] for line in plain if not line.endswith("/")]
    uncover(view, worktree)
    return _changed(view)


def _changed(view: Repository) -> Iterator[str]:
    """Yield what differs from the room's index; a nested repository is passed over.

    Not `git add`, which asks a submodule for its status under its own configuration.
    """
    said = view.git("ls-files", *_ASK_CHANGED, timeout=_LOOK_SECONDS)
    yield from (path for path in said.fields if not path.endswith("/"))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def patch_of(lookout: Lookout, base: Oid, tip: Oid, paths: Sequence[str]) -> str:
    """Return what `tip` changed in these paths since it parted from `base`, without programs."""
    if not paths:
        return ""
    said = lookout.hub.repo.read(
        "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "-U1",
        f"{base}...{tip}", "--", *paths,
        env={"GIT_LITERAL_PATHSPECS": "1"},
    )  # fmt: skip
    return said.stdout.decode(errors="replace")
