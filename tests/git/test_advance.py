from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import admin_dir
from wtagents.git.advancing.advance import Advanced, Moved, advance
from wtagents.git.advancing.lock import CheckoutBusy, CheckoutDirty
from wtagents.git.advancing.settle import Settled, finish_advance
from wtagents.git.repo import GitError, Repository
from wtagents.git.worktrees import add_worktree, fill_worktree
from wtagents.system.lock import take_file

MAIN = BranchName("main")
OLD = {"same": "same\n", "changed": "old\n", "gone": "old\n", "dir/deep": "old\n"}
NEW = {"same": "same\n", "changed": "new\n", "added/file": "new\n", "dir": "a file now\n"}


class Steps:
    """Main at `old`, checked out; `new` is its child and nowhere else."""

    def __init__(self, repository: RepositoryBuilder) -> None:
        self.built = repository
        repository.commit({"README.md": None, ".gitignore": "*.log\n", **OLD}, "Old")
        self.old = Oid(repository.tip("HEAD"))
        repository.git("rm", "-q", "gone", "dir/deep")
        self.new = Oid(repository.commit({**NEW, "run.log": "landed\n"}, "New"))
        repository.git("reset", "--quiet", "--hard", self.old)

    def is_old(self) -> bool:
        return self.built.tip("main") == self.old

    def is_new(self, built: RepositoryBuilder | None = None) -> bool:
        at = built or self.built
        return at.tip("main") == self.new and at.status() == [] and not self.locks(at)

    def locks(self, built: RepositoryBuilder) -> list[str]:
        folder = Path(built.git("rev-parse", "--absolute-git-dir"))
        return [path.name for path in folder.iterdir() if path.name.startswith(("index.", "wta"))]


@pytest.fixture
def steps(repository: RepositoryBuilder) -> Steps:
    return Steps(repository)


def mark(steps: Steps) -> Path:
    """Leave the lock of an advance whose process died."""
    return mark_of(steps.built, steps.old, steps.new)


def mark_of(built: RepositoryBuilder, old: Oid, new: Oid) -> Path:
    """Leave the lock of a dead advance between two commits."""
    lock = built.path / ".git" / "index.lock"
    content = {"mark": "wta advance v1", "target": "main", "old": old, "new": new}
    lock.write_text(json.dumps(content))
    return lock


def test_a_clean_checkout_moves_with_its_branch(steps: Steps, repo: Repository) -> None:
    assert advance(repo, MAIN, steps.old, steps.new) == Advanced(checkouts=(steps.built.path,))
    assert steps.is_new()
    assert steps.built.files() == {
        ".gitignore": b"*.log\n",
        "run.log": b"landed\n",
        **{name: text.encode() for name, text in NEW.items()},
    }
    assert steps.built.git("reflog", "-1", "--format=%gs", "main") == "wta: land"


def test_a_target_that_is_not_checked_out_just_moves(steps: Steps, repo: Repository) -> None:
    steps.built.checkout("elsewhere", new=True)
    before = steps.built.files()
    assert advance(repo, MAIN, steps.old, steps.new) == Advanced(checkouts=())
    assert steps.built.tip("main") == steps.new
    assert steps.built.tip("HEAD") == steps.old
    assert steps.built.files() == before
    assert steps.built.status() == []


def test_a_bare_repository_moves_its_ref(steps: Steps, tmp_path: Path) -> None:
    steps.built.branch("next", steps.new)
    steps.built.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    repo = Repository.at(tmp_path / "bare.git")
    assert advance(repo, MAIN, steps.old, steps.new) == Advanced(checkouts=())


def test_work_beside_the_update_stays(steps: Steps, repo: Repository) -> None:
    steps.built.write({"same": "edited\n", "mine": "untracked\n", "staged": "s\n", "my.log": "x"})
    steps.built.git("add", "staged")
    assert isinstance(advance(repo, MAIN, steps.old, steps.new), Advanced)
    assert steps.built.status() == [" M same", "A  staged", "?? mine"]
    assert steps.built.tip("main") == steps.new
    assert (steps.built.path / "my.log").read_text() == "x"


def test_a_file_that_was_only_touched_is_not_work(steps: Steps, repo: Repository) -> None:
    (steps.built.path / "changed").touch()
    assert isinstance(advance(repo, MAIN, steps.old, steps.new), Advanced)
    assert steps.is_new()


@pytest.mark.parametrize(
    ("name", "files", "expected"),
    [
        ("edited", {"changed": "mine\n"}, ("changed",)),
        ("deleted by both", {"gone": None}, ("gone",)),
        ("edited but deleted there", {"gone": "mine\n"}, ("gone",)),
        ("untracked in the way", {"added/file": "mine\n"}, ("added/file",)),
        ("ignored in the way", {"run.log": "mine\n"}, ("run.log",)),
        ("a file where a folder comes", {"added": "mine\n"}, ("added",)),
        ("untracked below what becomes a file", {"dir/mine": "x"}, ("dir/mine",)),
        ("ignored below what becomes a file", {"dir/my.log": "x"}, ("dir/my.log",)),
        ("two at once", {"changed": "1", "run.log": "2"}, ("changed", "run.log")),
    ],
)
def test_work_that_the_update_would_touch_refuses_it(
    steps: Steps,
    repo: Repository,
    name: str,
    files: dict[str, str | bytes | None],
    expected: tuple[str, ...],
) -> None:
    steps.built.write(files)
    before = steps.built.files(), steps.built.status(), steps.built.refs()
    outcome = advance(repo, MAIN, steps.old, steps.new)
    assert outcome == CheckoutDirty(checkout=steps.built.path, paths=expected), name
    assert (steps.built.files(), steps.built.status(), steps.built.refs()) == before
    assert steps.locks(steps.built) == []


def test_hidden_and_staged_edits_refuse_it_too(steps: Steps, repo: Repository) -> None:
    steps.built.write({"changed": "staged\n"})
    steps.built.git("add", "changed")
    steps.built.write({"changed": "old\n"})
    dirty = CheckoutDirty(checkout=steps.built.path, paths=("changed",))
    assert advance(repo, MAIN, steps.old, steps.new) == dirty
    steps.built.git("reset", "--quiet", "--hard")
    for flag in ("assume-unchanged", "skip-worktree"):
        steps.built.git("update-index", f"--{flag}", "changed")
        steps.built.write({"changed": "hidden\n"})
        assert advance(repo, MAIN, steps.old, steps.new) == dirty, flag
        assert (steps.built.path / "changed").read_text() == "hidden\n"
        steps.built.git("update-index", f"--no-{flag}", "changed")
        steps.built.git("checkout", "-q", "--", "changed")
    assert steps.is_old()


def test_a_link_that_leads_out_of_the_checkout_is_not_followed(
    steps: Steps, repo: Repository, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (steps.built.path / "added").symlink_to(outside)
    outcome = advance(repo, MAIN, steps.old, steps.new)
    assert outcome == CheckoutDirty(checkout=steps.built.path, paths=("added",))
    assert list(outside.iterdir()) == []


def test_a_rebase_of_the_target_is_not_disturbed(steps: Steps, repo: Repository) -> None:
    steps.built.checkout("side", new=True)
    steps.built.commit({"changed": "side\n"})
    side = steps.built.tip("side")
    steps.built.checkout("main")
    steps.built.commit({"changed": "main\n"})
    tip = Oid(steps.built.tip("main"))
    with pytest.raises(AssertionError):
        steps.built.git("rebase", "-q", side)
    assert steps.built.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"
    outcome = advance(repo, MAIN, tip, steps.new)
    assert outcome == CheckoutBusy(checkout=steps.built.path, operation="rebase")
    assert steps.built.tip("main") == tip
    steps.built.git("rebase", "--abort")


def test_a_merge_with_conflicts_and_a_git_command_at_work_refuse_it(
    steps: Steps, repo: Repository
) -> None:
    (steps.built.path / ".git/MERGE_HEAD").write_text(f"{steps.new}\n")
    busy = advance(repo, MAIN, steps.old, steps.new)
    assert busy == CheckoutBusy(checkout=steps.built.path, operation="merge")
    (steps.built.path / ".git/MERGE_HEAD").unlink()
    lock = steps.built.path / ".git/index.lock"
    lock.write_bytes(b"")
    busy = advance(repo, MAIN, steps.old, steps.new)
    assert busy == CheckoutBusy(
        checkout=steps.built.path,
        operation=f"another git command ({lock} exists)",
        is_passing=True,
    )
    assert lock.exists()
    assert steps.is_old()


def test_a_target_in_two_places_moves_both_or_none(
    steps: Steps, repo: Repository, tmp_path: Path
) -> None:
    steps.built.git("worktree", "add", "--quiet", "--force", str(tmp_path / "two"), "main")
    two = RepositoryBuilder(tmp_path / "two")
    two.write({"changed": "mine\n"})
    outcome = advance(repo, MAIN, steps.old, steps.new)
    assert outcome == CheckoutDirty(checkout=two.path, paths=("changed",))
    assert steps.is_old()
    assert steps.built.status() == []
    two.git("update-index", "--assume-unchanged", "changed")
    outcome = advance(repo, MAIN, steps.old, steps.new)
    assert outcome == CheckoutDirty(checkout=two.path, paths=("changed",)), "a hidden edit"
    assert steps.is_old()
    assert (steps.locks(steps.built), steps.locks(two)) == ([], [])
    two.git("update-index", "--no-assume-unchanged", "changed")
    two.write({"changed": "old\n"})
    outcome = advance(repo, MAIN, steps.old, steps.new)
    assert outcome == Advanced(checkouts=(steps.built.path, two.path))
    assert steps.is_new()
    assert steps.is_new(two)


def test_the_worktree_of_a_task_is_not_touched(steps: Steps, repo: Repository, place: Path) -> None:
    branch = BranchName("wta/fix")
    add_worktree(repo, place, branch=branch, base=steps.old, task=TaskName("fix"), owner="o")
    fill_worktree(repo, place)
    outcome = advance(repo, branch, steps.old, steps.new)
    assert outcome == CheckoutBusy(checkout=place, operation="it is the worktree of a task")


def test_a_worktree_that_was_deleted_by_hand_is_no_checkout(
    steps: Steps, repo: Repository, tmp_path: Path
) -> None:
    linked = steps.built.worktree(tmp_path / "linked", "dev", steps.old)
    (tmp_path / "linked").rename(tmp_path / "moved away")
    dev = BranchName("dev")
    assert advance(repo, dev, steps.old, steps.new) == Advanced(checkouts=())
    folder = steps.built.path / ".git/worktrees/linked"
    (folder / "locked").touch()
    outcome = advance(repo, dev, steps.new, steps.old)
    assert outcome == CheckoutBusy(checkout=linked.path, operation="its folder is not there")


def test_a_target_that_moved_or_is_gone_is_reported(steps: Steps, repo: Repository) -> None:
    later = Oid(steps.built.commit({"later": "x"}))
    assert advance(repo, MAIN, steps.old, steps.new) == Moved(actual=later)
    assert advance(repo, BranchName("nowhere"), steps.old, steps.new) == Moved(actual=None)
    assert steps.built.status() == []
    assert steps.locks(steps.built) == []


def test_a_commit_that_is_not_there_changes_nothing(steps: Steps, repo: Repository) -> None:
    with pytest.raises(GitError):
        advance(repo, MAIN, steps.old, Oid("f" * 40))
    assert steps.is_old()
    assert steps.built.status() == []
    assert steps.locks(steps.built) == []


def test_a_filter_that_fails_brings_everything_back(steps: Steps, repo: Repository) -> None:
    steps.built.git("config", "filter.broken.smudge", "false")
    steps.built.git("config", "filter.broken.required", "true")
    attributes = steps.built.path / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("added/file filter=broken\n")
    with pytest.raises(GitError):
        advance(repo, MAIN, steps.old, steps.new)
    assert steps.is_old()
    assert steps.built.status() == []
    assert steps.locks(steps.built) == []


def test_dying_before_the_swap_leaves_everything_old(steps: Steps, repo: Repository) -> None:
    mark(steps)
    assert finish_advance(repo) == [Settled(checkout=steps.built.path)]
    assert steps.is_old()
    assert steps.built.status() == []
    assert steps.locks(steps.built) == []


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("nothing was written", {}),
        ("one file", {"changed": "new\n"}),
        ("a torn file", {"changed": "ne"}),
        ("an empty new file", {"added/file": ""}),
        ("a torn ignored file", {"run.log": "lan"}),
        ("a file was unlinked for its new version", {"changed": None}),
        ("deletions", {"gone": None, "dir/deep": None}),
    ],
)
def test_dying_after_the_swap_is_finished(
    steps: Steps, repo: Repository, name: str, done: dict[str, str | bytes | None]
) -> None:
    mark(steps)
    steps.built.git("update-ref", "refs/heads/main", steps.new, steps.old)
    steps.built.write(done)
    steps.built.write({"mine": "untracked\n", "same": "edited\n"})
    (steps.built.path / ".git/wta-index").write_bytes(b"half")
    (steps.built.path / ".git/wta-index.lock").write_bytes(b"half")
    assert finish_advance(repo) == [Settled(checkout=steps.built.path)], name
    assert steps.built.status() == [" M same", "?? mine"]
    assert steps.built.tree("HEAD")["changed"] == b"new\n"
    assert steps.locks(steps.built) == []
    assert finish_advance(repo) == []


def test_dying_after_the_index_was_renamed_is_finished(steps: Steps, repo: Repository) -> None:
    steps.built.git("reset", "--quiet", "--hard", steps.new)
    mark(steps)
    assert finish_advance(repo) == [Settled(checkout=steps.built.path)]
    assert steps.is_new()


def test_the_next_advance_finishes_the_one_before(steps: Steps, repo: Repository) -> None:
    steps.built.git("reset", "--quiet", "--hard", steps.new)
    third = Oid(steps.built.commit({"third": "3"}))
    steps.built.git("reset", "--quiet", "--hard", steps.old)
    mark(steps)
    steps.built.git("update-ref", "refs/heads/main", steps.new, steps.old)
    assert isinstance(advance(repo, MAIN, steps.new, third), Advanced)
    assert steps.built.tip("main") == third
    assert steps.built.status() == []


def test_a_lock_that_somebody_holds_is_respected(steps: Steps, repo: Repository) -> None:
    lock = mark(steps)
    holder = take_file(lock)
    assert holder is not None
    assert finish_advance(repo) == []
    assert isinstance(advance(repo, MAIN, steps.old, steps.new), CheckoutBusy)
    assert lock.exists()
    os.close(holder)
    assert isinstance(advance(repo, MAIN, steps.old, steps.new), Advanced)
    assert steps.is_new()


def test_hostile_paths_are_only_names(steps: Steps, repo: Repository) -> None:
    names = ["new\nline", "quo'te\"", "tab\tbed", "-rf", "ü", "$(touch x)", "back\\slash"]
    steps.built.git("reset", "--quiet", "--hard", steps.old)
    new = Oid(steps.built.commit(dict.fromkeys(names, "new")))
    steps.built.git("reset", "--quiet", "--hard", steps.old)
    steps.built.write({"new\nline": "mine", "quo'te\"": "mine"})
    outcome = advance(repo, MAIN, steps.old, new)
    assert outcome == CheckoutDirty(checkout=steps.built.path, paths=("new\nline", "quo'te\""))
    steps.built.write({"new\nline": None, "quo'te\"": None})
    assert isinstance(advance(repo, MAIN, steps.old, new), Advanced)
    assert steps.built.status() == []
    assert admin_dir(repo, steps.built.path) is None
