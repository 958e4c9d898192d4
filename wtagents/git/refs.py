"""Refs: what they name, and moving them by compare-and-swap only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wtagents.core.errors import NotFoundError, StateError, UsageError
from wtagents.core.ids import BranchName, Oid
from wtagents.git.admin import read_head, read_oid
from wtagents.git.repo import GitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from wtagents.core.ids import RefName
    from wtagents.git.repo import GitResult, Repository

_HEADS = "refs/heads/"
_LIST_TIPS = ("for-each-ref", "--format=%(objectname) %(refname)", _HEADS)
_NOT_IN_A_FILE = ".invalid"
"""What the file HEAD names where refs are kept in tables (gitrepository-layout(5), reftable)."""
_CANDIDATES = ("main", "master", "trunk")


def contains(repo: Repository, tip: Oid, commit: Oid) -> bool:
    """Whether a commit is `tip` or an ancestor of it; False for one that is not there."""
    asked = ("merge-base", "--is-ancestor", commit, tip)
    return repo.read(*asked, ok=(0, 1, 128)).status == 0


def resolve(repo: Repository, rev: str) -> Oid | None:
    """Return the commit that a revision names, or None."""
    said = repo.read(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", ok=(0, 1, 128)
    )
    return Oid(said.text) if said.status == 0 and said.stdout else None


def require_commit(repo: Repository, rev: str) -> Oid:
    """Return the commit that a revision names.

    Raises NotFoundError, or StateError while the repository has no commit at all.
    """
    found = resolve(repo, rev)
    if found is not None:
        return found
    if rev == "HEAD" or unborn(repo):
        raise _no_commit_yet()
    raise NotFoundError(f"{rev!r} names no commit here", hint="git log --oneline --all -20")


def require_branch(repo: Repository, branch: BranchName) -> Oid:
    """Return the tip of a local branch.

    Raises NotFoundError, or StateError while the repository has no commit at all.
    """
    found = resolve(repo, branch.ref)
    if found is not None:
        return found
    if unborn(repo):
        raise _no_commit_yet()
    raise NotFoundError(
        f"there is no branch {branch}", hint="git branch --list; or name another: --target BRANCH"
    )


def branch_tips(repo: Repository) -> dict[BranchName, Oid]:
    """Return every local branch with its commit, in one look."""
    return _parse_tips(repo.read(*_LIST_TIPS))


def tips_of(repo: Repository, branches: Iterable[BranchName]) -> dict[BranchName, Oid]:
    """Return those of these branches that exist, with their commits; others may be among them.

    Each is read as the file that it is; where one is none, git is asked for all in one look.
    """
    loose = {branch: read_oid(repo.common_dir / branch.ref) for branch in branches}
    found = {branch: tip for branch, tip in loose.items() if tip is not None}
    return found if len(found) == len(loose) else branch_tips(repo)


@contextmanager
def looking_at_branches(repo: Repository) -> Iterator[Callable[[], dict[BranchName, Oid]]]:
    """Ask for `branch_tips`; the block does something else, then calls for the answer."""
    with repo.reading(*_LIST_TIPS) as finish:
        yield lambda: _parse_tips(finish())


def _parse_tips(said: GitResult) -> dict[BranchName, Oid]:
    lines = (line.partition(" ") for line in said.text.split("\n") if line)
    return {BranchName(ref.removeprefix(_HEADS)): Oid(oid) for oid, _, ref in lines}


def branch_exists(repo: Repository, branch: BranchName) -> bool:
    """Whether a local branch is there."""
    return resolve(repo, branch.ref) is not None


def unborn(repo: Repository) -> bool:
    """Whether the repository has no branch with a commit."""
    return not repo.read("for-each-ref", "--count=1", _HEADS).stdout


def current_branch(repo: Repository) -> BranchName | None:
    """Return the branch that this view's HEAD is on; None when it is detached."""
    branch = read_head(repo.git_dir).branch
    if branch is not None and branch != _NOT_IN_A_FILE:
        return branch
    said = repo.read("symbolic-ref", "--quiet", "HEAD", ok=(0, 1)).text
    return BranchName(said.removeprefix(_HEADS)) if said.startswith(_HEADS) else None


def default_target(repo: Repository, tips: Mapping[BranchName, Oid] | None = None) -> BranchName:
    """Return the branch of the main worktree, else the usual name that exists.

    `tips` spares git a question: the answer of `branch_tips`.

    Raises StateError when neither answers, or while there is no commit.
    """
    current = current_branch(repo)
    if current is not None and not current.startswith("wta/"):
        if tips is None or current not in tips:
            require_branch(repo, current)
        return current
    configured = repo.read("config", "--get", "init.defaultBranch", ok=(0, 1)).text
    for name in (configured, *_CANDIDATES):
        try:
            branch = BranchName.parse(name)
        except UsageError:
            continue
        if branch_exists(repo, branch):
            return branch
    if unborn(repo):
        raise _no_commit_yet()
    raise StateError(
        "the main worktree is on no branch that work can go to", hint="name one: --target BRANCH"
    )


def swap_ref(
    repo: Repository, ref: RefName, new: Oid | None, old: Oid | None, *, reason: str
) -> bool:
    """Move a ref from `old` to `new`; False when it is not at `old` (somebody was faster).

    `old` None: it must not exist. `new` None: it is deleted. Raises GitError for anything else, and
    when git was killed: it may have moved the ref then, or left its lock.
    """
    try:
        if new is None:
            repo.git("update-ref", "--no-deref", "-m", reason, "-d", ref, old or "", durable=True)
        else:
            repo.git(
                "update-ref",
                "--no-deref",
                "--create-reflog",
                "-m",
                reason,
                ref,
                new,
                old or "",
                durable=True,
            )
    except GitError as error:
        if error.was_killed or ref_value(repo, ref) == old:
            raise
        return False
    return True


def ref_value(repo: Repository, ref: RefName) -> Oid | None:
    """Return what a full ref names, whatever kind of object it is.

    A branch that is a file is read as one (gitrepository-layout(5)); git is asked where there is
    none, or where it holds anything but the name of an object.
    """
    loose = read_oid(repo.common_dir / ref) if ref.startswith(_HEADS) else None
    if loose is not None:
        return loose
    said = repo.read("rev-parse", "--verify", "--quiet", "--end-of-options", ref, ok=(0, 1, 128))
    return Oid(said.text) if said.status == 0 and said.stdout else None


def check_branch_room(tips: Mapping[BranchName, Oid], branch: BranchName) -> None:
    """Raise StateError when git cannot hold a new branch of this name beside those it has.

    Compared with folded case: a case-insensitive file system would mix up the two.
    """
    wanted = branch.casefold()
    for name in tips:
        taken = name.casefold()
        if taken == wanted:
            raise StateError(
                f"the branch {name} exists already",
                hint=f"choose another name, or look at it: git log {name}",
            )
        if wanted.startswith(f"{taken}/") or taken.startswith(f"{wanted}/"):
            raise StateError(
                f"git cannot hold the branch {branch} beside {name}",
                cause="one name is a folder of the other",
                hint=f"choose another name, or: git branch -m {name} OTHER",
            )


def _no_commit_yet() -> StateError:
    return StateError(
        "the repository has no commit yet",
        hint='git commit --allow-empty -m "Begin"',
    )
