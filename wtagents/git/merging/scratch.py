"""The scratch worktree: exactly the files of one commit of the hub, for gates to look at.

    <root>/index    our index of the files; no command in the tree can reach it by accident
    <root>/tree/    the files, and a throwaway `.git` that knows the commit and the target

A gate runs code that an agent wrote. Git commands in the tree meet a repository made for this one
landing: it borrows the hub's objects and owns nothing, so whatever is committed, configured or
collected there is gone with the next `fill_scratch`. Ignored files stay (installed dependencies are
dear), everything else is put back to the commit.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wtagents.core.ids import Oid
from wtagents.core.record import record
from wtagents.git.repo import GitError
from wtagents.system.files import PRIVATE_FOLDER, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wtagents.core.ids import BranchName
    from wtagents.git.repo import GitResult, Repository

CHECKOUT_SECONDS = 1800.0
_SHA256_DIGITS = 64


@record
class Scratch:
    """One scratch worktree of a hub; used under the merger lock only, by one thread."""

    hub: Repository
    root: Path

    @property
    def tree(self) -> Path:
        """Where the files are."""
        return self.root / "tree"

    @property
    def index(self) -> Path:
        """Our index of them."""
        return self.root / "index"

    def git(self, *args: str, ok: tuple[int, ...] = (0,)) -> GitResult:
        """Run git of the hub over the files, with our index."""
        return self.hub.seen_from(self.hub.git_dir, self.tree).git(
            *args,
            env={"GIT_INDEX_FILE": str(self.index)},
            config={"checkout.workers": "2", "protocol.allow": "user", "core.bare": "false"},
            timeout=CHECKOUT_SECONDS,
            ok=ok,
        )


def fill_scratch(scratch: Scratch, commit: Oid, *, target: BranchName, onto: Oid) -> Oid:
    """Put the files of a commit into the tree; ignored files stay, nothing else does.

    Afterwards our index holds the commit's tree; its name, read back from there, is returned.
    Raises SystemFault when the files cannot be put there.
    """
    tree = fill_plain(scratch, commit)
    _furnish(scratch, commit, target, onto)
    return tree


def fill_plain(scratch: Scratch, commit: Oid) -> Oid:
    """`fill_scratch` without a `.git`: from the tree no way leads to the hub."""
    make_private_folder(scratch.root)
    make_private_folder(scratch.tree)
    _drop(scratch.tree / ".git")
    try:
        return _put_back(scratch, commit)
    except GitError:
        # An index that was cut off while it was written, or folders that a gate locked.
        _begin_anew(scratch)
        return _put_back(scratch, commit)


def spoiled_paths(scratch: Scratch) -> list[str]:
    """Return the tracked files that differ from the commit that was filled in last."""
    plain = ("--no-ext-diff", "--no-textconv", "--no-renames")
    return scratch.git("diff", *plain, "--name-only", "-z").fields


def touched_paths(scratch: Scratch) -> list[str]:
    """Return what differs from the commit, new files too; nothing of it is read into the hub.

    Ignored files are not among them.
    """
    untracked = scratch.git("ls-files", "--others", "--exclude-standard", "-z").fields
    return sorted({*spoiled_paths(scratch), *untracked})


def take_files(scratch: Scratch, paths: Iterable[str]) -> Oid:
    """Store these files as they are now, whatever they are, and return the tree with them."""
    scratch.git("--literal-pathspecs", "add", "--force", "--all", "--", *paths)
    return Oid(scratch.git("write-tree").text)


def _put_back(scratch: Scratch, commit: Oid) -> Oid:
    with contextlib.suppress(FileNotFoundError):
        scratch.index.with_name("index.lock").unlink()
    scratch.git("read-tree", "--reset", "-u", commit)
    scratch.git("clean", "-ffd", "--quiet")
    wanted = scratch.git("rev-parse", "--verify", f"{commit}^{{tree}}").text
    seen = scratch.git("write-tree").text
    if seen != wanted or spoiled_paths(scratch):
        _begin_anew(scratch)
        scratch.git("read-tree", "--reset", "-u", commit)
        seen = scratch.git("write-tree").text
    return Oid(seen)


def _begin_anew(scratch: Scratch) -> None:
    """Drop all files, also those that a gate made undeletable for a plain deletion."""
    for folder, inner, _ in os.walk(scratch.tree):
        for name in inner:
            path = Path(folder, name)
            if not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.chmod(PRIVATE_FOLDER)
    shutil.rmtree(scratch.tree)
    scratch.index.unlink(missing_ok=True)
    make_private_folder(scratch.tree)


def _furnish(scratch: Scratch, commit: Oid, target: BranchName, onto: Oid) -> None:
    """Make the `.git` that gates see: detached at the commit, the target's branch where it is."""
    folder = scratch.tree / ".git"
    for part in ("refs/heads", "objects/info", "info"):
        (folder / part).mkdir(parents=True)
    (folder / "objects" / "info" / "alternates").write_text(f"{scratch.hub.objects}\n")
    (folder / "config").write_text(_configuration(commit))
    (folder / "packed-refs").write_text(f"{onto} {target.ref}\n")
    (folder / "HEAD").write_text(f"{commit}\n")
    shutil.copy2(scratch.index, folder / "index")


def _configuration(commit: Oid) -> str:
    long = len(commit) == _SHA256_DIGITS
    core = f"[core]\n\trepositoryformatversion = {int(long)}\n\tbare = false\n"
    return core + ("[extensions]\n\tobjectformat = sha256\n" if long else "")


def _drop(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
