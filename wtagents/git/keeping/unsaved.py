"""The gate before a worktree goes: everything that its removal would destroy, by name.

`git worktree remove` without `--force` destroys ten of thirteen kinds without a word. Here every
look that fails is named, too, as something that could not be checked: an error is never "nothing".
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.core.worktree import Unsaved, UnsavedKind
from wtagents.git import admin
from wtagents.git.admin import Head
from wtagents.git.looking.room import Flag, clean_room, uncover
from wtagents.git.refs import ref_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from wtagents.git.admin import LockReason
    from wtagents.git.repo import Repository

_GITLINK = "160000 "
_FLAGS = {
    Flag.ASSUME_UNCHANGED: UnsavedKind.ASSUME_UNCHANGED,
    Flag.SKIP_WORKTREE: UnsavedKind.SKIP_WORKTREE,
}
_SET_ASIDE = ("MERGE_AUTOSTASH", "rebase-*/autostash", "ORIG_HEAD", "MERGE_HEAD", "refs/**/*")
"""Files of a private directory that may name a commit which no branch has."""


@record
class LooseCommits:
    """Commits that only this worktree's private directory knows."""

    detached: tuple[Oid, ...]
    """HEAD, when it is on no branch and no ref contains it."""
    reflog: tuple[Oid, ...]
    """Earlier values of HEAD that no ref contains: amended, reset away, rebased."""


@record
class _Look:
    """One worktree to be looked at."""

    repo: Repository
    path: Path
    git_dir: Path


def unsaved_work(
    repo: Repository,
    worktree: Path,
    *,
    owner: LockReason,
    kept: Collection[Oid] = (),
    own_files: Collection[str] = (),
    processes_inside: Collection[str] = (),
) -> list[Unsaved]:
    """Return what the removal of a worktree would destroy; an empty list is a proof.

    `kept` are commits archived in the hub, with all they contain. `own_files` are files that wta
    wrote itself. `processes_inside` are descriptions of processes that work there (the caller
    knows the process table).
    """
    found = [Unsaved(kind=UnsavedKind.PROCESS, detail=text) for text in processes_inside]
    git_dir = admin.admin_dir(repo, worktree)
    if git_dir is None or not worktree.is_dir():
        return [*found, _unknown(f"{worktree} is not a whole worktree of this repository")]
    look = _Look(repo=repo, path=worktree, git_dir=git_dir)
    lock = admin.lock_text(git_dir)
    if lock is not None and lock != owner.text:
        found.append(Unsaved(kind=UnsavedKind.FOREIGN_LOCK, detail=lock or "without a reason"))
    operation = admin.operation_in_progress(git_dir)
    if operation:
        found.append(Unsaved(kind=UnsavedKind.OPERATION, detail=operation))
    files = _checked("files", lambda: list(_files(look, frozenset(own_files))))
    ignored = [each.detail for each in files if each.kind is UnsavedKind.IGNORED]
    found += files
    found += _checked("folders", lambda: list(_folders(look, ignored)))
    found += _checked("submodules", lambda: list(_submodules(look)))
    found += _checked("commits", lambda: list(_commits(look, kept)))
    found += _checked("stash", lambda: list(_stashes(look)))
    return found


def _checked(what: str, look: Callable[[], list[Unsaved]]) -> list[Unsaved]:
    try:
        return look()
    except (WtaError, OSError, ValueError) as error:
        return [_unknown(f"{what}: {getattr(error, 'cause', '') or error}")]


def _unknown(detail: str) -> Unsaved:
    return Unsaved(kind=UnsavedKind.UNKNOWN, detail=detail)


def _files(look: _Look, own: frozenset[str]) -> Iterator[Unsaved]:
    """Yield changed, untracked, ignored and hidden files."""
    head = admin.read_head(look.git_dir)
    commit = head.commit if head.branch is None else ref_value(look.repo, head.branch.ref)
    with clean_room(look.repo, look.git_dir, look.path, commit) as room:
        hidden = uncover(room, look.path)
        said = room.git(
            "status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching",
            "--ignore-submodules=dirty", "--no-renames",
        )  # fmt: skip
        if said.stderr.strip():
            yield _unknown(said.stderr.strip().splitlines()[-1])
        for line in said.fields:
            kind, path = _parse_status(line)
            if kind is UnsavedKind.MODIFIED and path in hidden:
                kind = _FLAGS[hidden[path]]
            if path not in own:
                yield Unsaved(kind=kind, detail=path)


def _parse_status(line: str) -> tuple[UnsavedKind, str]:
    """Read a line of porcelain v2; the number of fields before the path depends on its kind."""
    match line[0]:
        case "?":
            return UnsavedKind.UNTRACKED, line[2:]
        case "!":
            return UnsavedKind.IGNORED, line[2:]
        case "u":
            return UnsavedKind.MODIFIED, line.split(" ", 10)[10]
        case "1":
            return UnsavedKind.MODIFIED, line.split(" ", 8)[8]
        case _:
            raise ValueError(f"status says {line!r}")


def _folders(look: _Look, ignored: Collection[str]) -> Iterator[Unsaved]:
    """Yield repositories, worktrees and empty folders below the worktree, ignored or not."""
    errors: list[OSError] = []
    meant_empty = (*(name for name in ignored if name.endswith("/")), *_unfetched(look))
    for folder, folders, files in os.walk(look.path, onerror=errors.append):
        place = Path(folder)
        name = "" if place == look.path else place.relative_to(look.path).as_posix()
        if name and _is_repository(folders, files):
            yield Unsaved(kind=_nested_kind(look, place), detail=name)
            folders.clear()
        elif not folders and not files and name and not f"{name}/".startswith(meant_empty):
            yield Unsaved(kind=UnsavedKind.EMPTY_FOLDER, detail=name)
    for error in errors:
        yield _unknown(f"{error.filename}: {error.strerror}")


def _unfetched(look: _Look) -> list[str]:
    """Return the folders of submodules: one that was never fetched is empty."""
    view = look.repo.seen_from(look.git_dir, look.path)
    staged = view.read("ls-files", "--stage", "-z").fields
    return [line.partition("\t")[2] + "/" for line in staged if line.startswith(_GITLINK)]


def _is_repository(folders: list[str], files: list[str]) -> bool:
    bare = "HEAD" in files and "objects" in folders and "refs" in folders
    return bare or ".git" in files or ".git" in folders


def _nested_kind(look: _Look, place: Path) -> UnsavedKind:
    linked = admin.linked_dir(place)
    if linked is None:
        return UnsavedKind.NESTED_REPOSITORY
    if linked.parent == look.repo.common_dir / "worktrees":
        return UnsavedKind.NESTED_WORKTREE
    if linked.is_relative_to(look.repo.common_dir):
        return UnsavedKind.SUBMODULE
    return UnsavedKind.NESTED_REPOSITORY


def _submodules(look: _Look) -> Iterator[Unsaved]:
    """Yield submodules whose repositories would go with the worktree's private directory."""
    modules = look.git_dir / "modules"
    try:
        names = sorted(path.name for path in modules.iterdir())
    except FileNotFoundError:
        return
    for name in names:
        yield Unsaved(kind=UnsavedKind.SUBMODULE, detail=f"modules/{name}")


def _commits(look: _Look, kept: Collection[Oid]) -> Iterator[Unsaved]:
    if admin.read_head(look.git_dir) == Head(branch=None, commit=None):
        yield _unknown(f"commits: {look.git_dir}/HEAD names neither a branch nor a commit")
    loose = loose_commits(look.repo, look.path, kept=kept)
    for oid in loose.detached:
        yield Unsaved(kind=UnsavedKind.DETACHED_COMMITS, detail=oid)
    for oid in loose.reflog:
        yield Unsaved(kind=UnsavedKind.REFLOG_COMMITS, detail=oid)


def loose_commits(repo: Repository, worktree: Path, *, kept: Collection[Oid] = ()) -> LooseCommits:
    """Return the commits of HEAD and its reflog that neither a ref nor `kept` contains.

    What an operation in progress set aside counts as of the reflog. Those are what to archive
    before the worktree goes. Raises GitError, OSError or ValueError when it cannot be told.
    """
    git_dir = admin.admin_dir(repo, worktree)
    if git_dir is None:
        raise ValueError(f"{worktree} is not a worktree of this repository")
    head = admin.read_head(git_dir)
    logged = [*_logged_oids(git_dir / "logs" / "HEAD"), *_set_aside(git_dir)]
    asked = dict.fromkeys([*logged, *((head.commit,) if head.commit else ())])
    present = _present_commits(repo, list(asked))
    if not present:
        return LooseCommits(detached=(), reflog=())
    excluded = [f"^{oid}" for oid in _present_commits(repo, list(kept))]
    asked_for = "".join(f"{line}\n" for line in (*present, *excluded)).encode()
    said = repo.read("rev-list", "--stdin", "--not", "--glob=refs/*", stdin=asked_for)
    loose = {Oid(line) for line in said.text.splitlines()}
    lost = [oid for oid in present if oid in loose]
    return LooseCommits(
        detached=tuple(oid for oid in lost if oid == head.commit),
        reflog=tuple(oid for oid in lost if oid != head.commit),
    )


def _logged_oids(log: Path) -> list[Oid]:
    """Return every value that HEAD ever had, oldest first."""
    try:
        lines = log.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    texts = [text.decode() for line in lines for text in line.split(b" ", 2)[:2]]
    return [Oid.parse(text) for text in dict.fromkeys(texts) if text.strip("0")]


def _set_aside(git_dir: Path) -> list[Oid]:
    """Return the commits that files of the private directory name, an autostash nothing else."""
    places = [path for name in _SET_ASIDE for path in git_dir.glob(name) if path.is_file()]
    words = [path.read_text(errors="replace").strip() for path in places]
    return [Oid.parse(word) for word in words if re.fullmatch(r"[0-9a-f]{40}", word)]


def _present_commits(repo: Repository, oids: list[Oid]) -> list[Oid]:
    """Leave out what git has forgotten already: nobody can lose it any more."""
    if not oids:
        return []
    said = repo.read(
        "cat-file", "--batch-check", stdin="".join(f"{oid}\n" for oid in oids).encode()
    )
    facts = [line.split(" ") for line in said.text.splitlines()]
    return [Oid(fact[0]) for fact in facts if fact[1] == "commit"]


def _stashes(look: _Look) -> Iterator[Unsaved]:
    """Yield stashes made on this worktree's branch: they stay, but nobody would look for them."""
    branch = admin.read_head(look.git_dir).branch
    if branch is None or not (look.repo.common_dir / "logs/refs/stash").is_file():
        return
    said = look.repo.read("log", "--walk-reflogs", "-z", "--format=%gd %gs", "refs/stash", "--")
    for line in said.text.split("\0"):
        if f"n {branch}:" in line:
            yield Unsaved(kind=UnsavedKind.STASH, detail=line)
