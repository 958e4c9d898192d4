"""An edit that `stat` does not show: same size, same second as the index it is compared with."""

from __future__ import annotations

from pathlib import Path

from tests.support.repository import RepositoryBuilder
from tests.support.waiting import wait_until
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.worktree import UnsavedKind
from wtagents.git.admin import LockReason
from wtagents.git.advancing.advance import advance
from wtagents.git.advancing.lock import CheckoutDirty
from wtagents.git.keeping.unsaved import unsaved_work
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree

OWNER = LockReason(task="fix", owner="test")


def edit_at_once(checkout: RepositoryBuilder) -> None:
    """Commit a file and edit it in the same second; then let that second pass."""
    while True:
        checkout.commit({"a.txt": "one\n"})
        checkout.write({"a.txt": "two\n"})
        index = Path(checkout.git("rev-parse", "--absolute-git-dir")) / "index"
        second = int(index.stat().st_mtime)
        if int((checkout.path / "a.txt").stat().st_mtime) == second:
            break
    probe = checkout.path.parent / "probe"

    def passed() -> bool:
        probe.write_text("")
        return int(probe.stat().st_mtime) > second

    wait_until(passed, what="the next second")


def test_it_is_found_in_a_worktree(repository: RepositoryBuilder, tmp_path: Path) -> None:
    repo = Repository.at(repository.path)
    path = tmp_path / "worktrees" / "fix"
    base = Oid(repository.tip("main"))
    branch = BranchName("wta/fix")
    add_worktree(repo, path, branch=branch, base=base, task=TaskName("fix"), owner="test")
    fill_worktree(repo, path)
    edit_at_once(RepositoryBuilder(path))
    found = unsaved_work(repo, path, owner=OWNER)
    assert [(each.kind, each.detail) for each in found] == [(UnsavedKind.MODIFIED, "a.txt")]


def test_it_is_not_overwritten_by_an_advance(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    edit_at_once(repository)
    old = repository.tip("main")
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"landed\n")
    tree = repository.git("mktree", stdin=f"100644 blob {blob}\ta.txt\n".encode())
    new = repository.git("commit-tree", "-p", old, "-m", "Land", tree)
    outcome = advance(repo, BranchName("main"), Oid(old), Oid(new))
    assert outcome == CheckoutDirty(checkout=repository.path, paths=("a.txt",))
    assert repository.files()["a.txt"] == b"two\n"
