"""Worktrees: which there are, adding one and filling it with files.

The caller holds the repository lock around `add_worktree`. Filling a worktree is separate, so that
many check out at once. Both may be killed anywhere and are repeated by calling them again.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid
from wtagents.core.record import record
from wtagents.git import admin
from wtagents.git.admin import LockReason
from wtagents.git.refs import ref_value, swap_ref
from wtagents.git.repo import GitError
from wtagents.system.files import write_atomic
from wtagents.system.lock import hold_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wtagents.core.ids import TaskName
    from wtagents.git.repo import Repository, RunningGit

CHECKOUT_SECONDS = 1800.0
CHECKOUT_WORKERS = str(min(os.cpu_count() or 1, 8))
"""Processes that write files: on two cores two save a third of the time, four a fifth."""
ADD_SECONDS = 60.0
FILES = "wta-files"
"""In the private directory of a worktree that is made again: the tree to check out, beside HEAD."""
_EXCLUDE_MODE = 0o644


@record
class Worktree:
    """One worktree as git lists it; the main one comes first."""

    path: Path
    head: Oid | None
    branch: BranchName | None
    bare: bool
    locked: str | None
    """Why it is locked ('' without a reason); None when it is not."""
    prunable: bool

    @property
    def ours(self) -> LockReason | None:
        """The task it belongs to, when wta made it."""
        return LockReason.parse(self.locked) if self.locked else None


def worktrees(repo: Repository) -> list[Worktree]:
    """Return all worktrees of a repository."""
    found: list[Worktree] = []
    facts: dict[str, str] = {}
    for line in repo.read("worktree", "list", "--porcelain", "-z").fields:
        if line:
            key, _, value = line.partition(" ")
            facts[key] = value
            continue
        found.append(_parse_worktree(facts))
        facts = {}
    return found


def _parse_worktree(facts: dict[str, str]) -> Worktree:
    head, branch = facts.get("HEAD", ""), facts.get("branch", "")
    return Worktree(
        path=Path(facts["worktree"]),
        head=Oid(head) if head.strip("0") else None,
        branch=BranchName(branch.removeprefix("refs/heads/")) if branch else None,
        bare="bare" in facts,
        locked=facts.get("locked"),
        prunable="prunable" in facts,
    )


def add_worktree(
    repo: Repository, path: Path, *, branch: BranchName, base: Oid, task: TaskName, owner: str
) -> None:
    """Register an empty, locked worktree on a new branch at `base`.

    A second call adopts what the first one made, whole or half. Nothing that somebody else made is
    touched: a foreign folder, worktree or branch raises StateError, and nothing is left behind.
    """
    reason = LockReason(task=task, owner=owner)
    with hold_folder(repo.common_dir, seconds=ADD_SECONDS, what="the repository") as held:
        if _adopt(repo, path, branch, reason):
            return
        _require_free(path)
        _add(repo.holding(held), path, branch, base, reason)


def _add(repo: Repository, path: Path, branch: BranchName, base: Oid, reason: LockReason) -> None:
    command = ("worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason", reason.text)
    # no git of ours lives, no agent was started: a lock on the new branch is that of a killed git
    (repo.common_dir / f"{branch.ref}.lock").unlink(missing_ok=True)
    try:
        repo.git(*command, "--no-track", "-b", branch, "--", str(path), base)
    except GitError as error:
        tip = ref_value(repo, branch.ref)
        # A killed one may have left anything: the next attempt finds it, and clears it away.
        if tip is None or error.was_killed:
            raise
        if tip != base:
            raise StateError(
                f"the branch {branch} exists already and is at {tip.short}",
                hint=f"choose another name, or look at it: git log {branch}",
            ) from error
        _add_on_own_branch(repo, path, branch, base, command)


def _add_on_own_branch(
    repo: Repository, path: Path, branch: BranchName, base: Oid, command: tuple[str, ...]
) -> None:
    """Use a branch at `base` that an interrupted addition left; drop it when that fails too."""
    try:
        repo.git(*command, "--", str(path), branch)
    except GitError:
        if all(each.branch != branch for each in worktrees(repo)):
            swap_ref(repo, branch.ref, None, base, reason="wta: no worktree could be made")
        raise


def _adopt(repo: Repository, path: Path, branch: BranchName, reason: LockReason) -> bool:
    """Keep a whole worktree of this task at this path; clear away a half-made one."""
    wanted = admin.place_of(path)
    for folder in admin.admin_dirs(repo):
        if not admin.may_belong_to(folder, path):
            continue
        place = admin.registered_place(folder)
        if place not in (None, wanted):
            continue
        own = admin.lock_text(folder) == reason.text
        if place == wanted:
            if not own:
                raise _in_the_way(path, "another worktree of this repository is registered there")
            if admin.linked_dir(path) == folder.resolve() and _is_usable(folder, branch):
                return True
        if own:
            _clear_half_made(folder, path, reason)
    return False


def _is_usable(folder: Path, branch: BranchName) -> bool:
    """Whether git wrote all it writes; an agent that has worked there may be on no branch."""
    head = admin.read_head(folder)
    began = (folder / "index").exists() and head.commit is not None
    return (folder / "commondir").is_file() and (began or head.branch == branch)


def _clear_half_made(folder: Path, path: Path, reason: LockReason) -> None:
    """Remove an addition that was cut off before git wrote its HEAD: it holds no work."""
    if (folder / "index").exists() or admin.read_head(folder).branch is not None:
        raise _in_the_way(
            path,
            f"{folder} holds a worktree that lost its files or its .git",
            hint=f"move it away, then: wta retry {reason.task}",
        )
    with contextlib.suppress(FileNotFoundError):
        (path / ".git").unlink()
    with contextlib.suppress(OSError):
        path.rmdir()
    remove_folder(folder)


def remove_folder(folder: Path) -> None:
    """Delete a private directory, its lock last: until then it stays ours to clear away."""
    import shutil

    for entry in folder.iterdir():
        if entry.name == "locked":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    with contextlib.suppress(FileNotFoundError):
        (folder / "locked").unlink()
    folder.rmdir()


def _require_free(path: Path) -> None:
    try:
        if next(path.iterdir(), None) is not None:
            raise _in_the_way(path, "the folder is not empty")
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise _in_the_way(path, "it is a file") from None


def _in_the_way(
    path: Path, cause: str, *, hint: str = "move it away, or choose another name"
) -> StateError:
    return StateError(f"{path} is in the way of a new worktree", cause=cause, hint=hint)


def fill_worktree(repo: Repository, path: Path) -> None:
    """Check out the files of a new worktree; a worktree that has an index is full already."""
    with filling(repo, path) as running:
        if running is not None:
            running.finish(timeout=CHECKOUT_SECONDS)


@contextlib.contextmanager
def filling(repo: Repository, path: Path) -> Iterator[RunningGit | None]:
    """Check out the files of a new worktree; the block does something else, then finishes it.

    Yields None for a worktree that has an index: it is full, git writes the index last.
    This is the one look of the user's own filters (git-lfs) at the files: check the tripwire first.
    Only before an agent was started there: what an interrupted filling left is overwritten. A git
    that outlived its caller is waited for.
    """
    folder = admin.admin_dir(repo, path)
    if folder is None:
        raise StateError(f"{path} is not a worktree of this repository", hint="git worktree list")
    with hold_folder(folder, seconds=CHECKOUT_SECONDS, what="the checkout") as held:
        if (folder / "index").exists():
            yield None
            return
        with contextlib.suppress(FileNotFoundError):
            (folder / "index.lock").unlink()
        view = repo.seen_from(folder, path).holding(held)
        settings = {"checkout.workers": CHECKOUT_WORKERS, "protocol.allow": "user"}
        tree = admin.read_line(folder / FILES)
        yield view.start(
            "read-tree", "--reset", "-u", Oid.parse(tree) if tree else "HEAD", config=settings
        )


def is_filled(repo: Repository, path: Path) -> bool:
    """Whether the files of a worktree were checked out once."""
    folder = admin.admin_dir(repo, path)
    return folder is not None and (folder / "index").exists()


def exclude(repo: Repository, pattern: str) -> None:
    """Add a line to the shared `info/exclude`, once; it holds for all worktrees."""
    path = repo.common_dir / "info" / "exclude"
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(exist_ok=True)
        text = b""
    line = os.fsencode(pattern)
    if line in text.splitlines():
        return
    separator = b"" if not text or text.endswith(b"\n") else b"\n"
    write_atomic(path, text + separator + line + b"\n", mode=_EXCLUDE_MODE)


def is_committed(repo: Repository, commit: Oid, path: str) -> bool:
    """Whether a commit holds a file or folder of this name."""
    listing = ("--literal-pathspecs", "ls-tree", "-z", commit, "--", path)
    return bool(repo.read(*listing).stdout)


def is_tracked(repo: Repository, worktree: Path, path: str) -> bool:
    """Whether the index of a worktree holds a path."""
    folder = admin.admin_dir(repo, worktree) or repo.common_dir
    view = repo.seen_from(folder, worktree)
    return bool(view.read("--literal-pathspecs", "ls-files", "-z", "--", path).stdout)


def ignored_files(repo: Repository, include_file: Path) -> list[str]:
    """Return the ignored files of the main worktree that a gitignore-like file names.

    Raises nothing when there is no main worktree: a bare repository has no such files.
    """
    main = repo.main_worktree
    if main is None or not include_file.is_file():
        return []
    view = repo.seen_from(repo.common_dir, main)
    listing = ("ls-files", "-z", "--others", "--ignored")
    named = view.read(*listing, f"--exclude-from={include_file}").fields
    ignored = set(view.read(*listing, "--exclude-standard").fields)
    return [path for path in named if path in ignored]
