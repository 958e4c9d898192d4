"""Nothing that an agent planted runs in a command of ours.

The explicit checkouts of the user's own configuration (`fill_worktree`, `advance` of a checkout)
are the exception: the tripwire has named the plant before.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.git.plants import POINTERS, SETTINGS, Ground, Plant
from tests.support.clock import START
from tests.support.processes import run_to_end
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import StateError
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.keeping.checkpoint import Cause, Checkpoint
from wtagents.git import refs, worktrees
from wtagents.git.admin import LockReason, admin_dir
from wtagents.git.advancing.advance import Advanced, advance
from wtagents.git.advancing.lock import CheckoutDirty
from wtagents.git.advancing.settle import finish_advance
from wtagents.git.checkouts import checkouts, paths_in_the_way
from wtagents.git.hub import Hub, open_hub
from wtagents.git.keeping.checkpoints import (
    Files,
    Whole,
    checkpoints_of,
    keep_checkpoint,
    whole_tree,
)
from wtagents.git.keeping.putting_back import put_back
from wtagents.git.keeping.removal import remove_admin, restore_worktree, trash_worktree
from wtagents.git.keeping.snapshots import snapshot_tree
from wtagents.git.keeping.unsaved import loose_commits, unsaved_work
from wtagents.git.looking import worktree_looks
from wtagents.git.looking.signature import signature
from wtagents.git.looking.tripwire import differences, fingerprint
from wtagents.git.merging.conflicts import conflict_text
from wtagents.git.merging.lookout import Round, look_at, open_lookout
from wtagents.git.merging.predict import merge_commits
from wtagents.git.merging.rebase import ReplayConflict, Replayed, replay, resume_replay
from wtagents.git.repo import Repository
from wtagents.system.files import make_private_folder
from wtagents.system.paths import StatePaths

MAIN, WORK = BranchName("main"), BranchName("wta/fix")
OWNER = LockReason(task="fix", owner="state")
LINES = "".join(f"{number}\n" for number in range(20))


@pytest.fixture
def ground(repository: RepositoryBuilder, repo: Repository, place: Path, tmp_path: Path) -> Ground:
    """Return a repository where main and a task's branch conflict, nothing planted yet."""
    base = Oid(repository.commit({"f": LINES, ".gitignore": "*.log\n"}))
    worktrees.add_worktree(repo, place, branch=WORK, base=base, task=TaskName("fix"), owner="state")
    worktrees.fill_worktree(repo, place)
    worker = RepositoryBuilder(place)
    worker.commit({"f": LINES.replace("5\n", "work\n")}, "Work")
    worker.commit({"only": "1\n"}, "More work")
    repository.commit({"f": LINES.replace("5\n", "main\n"), "landed": "1\n"}, "Main")
    return Ground(repository, worker, tmp_path / "evil")


def touch(ground: Ground) -> None:
    """Make tracked files look changed, so that content must be looked at."""
    ground.worker.write({"only": "2\n", "loose": "x\n", "dev.log": "x\n"})
    for built in (ground.worker, ground.main):
        (built.path / "f").touch()


@pytest.mark.parametrize(
    "plant", [each for each in (*SETTINGS, *POINTERS) if each.proof], ids=lambda plant: plant.name
)
def test_the_plant_is_alive(ground: Ground, plant: Plant) -> None:
    plant.plant(ground)
    if plant.touch:
        ground.worker.write(
            {"f": LINES.replace("7\n", "seven\n")} if "merge" not in plant.proof else {}
        )
    command = ["env", "-u", "GIT_EDITOR", "TERM=xterm", "git", *plant.proof]
    run_to_end(command, cwd=ground.worker.path)
    assert plant.name in ground.ran()


def look(repo: Repository, ground: Ground, place: Path) -> None:
    """Ask everything that can be asked of the user's repository."""
    base = refs.require_commit(repo, "HEAD~1")
    refs.require_branch(repo, MAIN)
    refs.default_target(repo)
    refs.current_branch(repo)
    refs.check_branch_room(refs.branch_tips(repo), BranchName("wta/other"))
    worktrees.worktrees(repo)
    signature(place)
    worktree_looks.worktree_facts(repo, place, base, at=START)
    worktrees.is_tracked(repo, place, "f")
    worktrees.exclude(repo, "/CLAUDE.local.md")
    (ground.main.path / ".worktreeinclude").write_text("*.log\n")
    worktrees.ignored_files(repo, ground.main.path / ".worktreeinclude")
    unsaved_work(repo, place, owner=OWNER)
    loose_commits(repo, place)
    for checkout in checkouts(repo, MAIN):
        paths_in_the_way(repo, checkout, base, refs.require_branch(repo, WORK))
    folder = admin_dir(repo, place)
    assert folder is not None
    fingerprint(repo.common_dir, folder)
    Repository.at(place).read("for-each-ref")


def keep_and_put_back(repo: Repository, hub: Hub, place: Path) -> None:
    """Make a checkpoint, put another state of the worktree there, and put it back."""
    lookout = open_lookout(hub.path.parent / "radar", repo)
    round_, room = Round(lookout, repo, refs.branch_tips(repo)), lookout.room("1")
    files = Files(include=("*",), largest=10**6)
    states: list[Checkpoint] = []

    def take() -> Whole:
        sight = look_at(round_, place, name="1", largest=1000)
        assert sight is not None
        now = whole_tree(round_, place, sight, room=room, files=files, afresh=True)
        new = Checkpoint(
            number=len(states) + 1, commit=sight.head, tree=now.tree, head=sight.head, branch=WORK,
            at=START, cause=Cause.TIME, run=0, turn=0, message="", left_out=now.left_out,
        )  # fmt: skip
        states.append(keep_checkpoint(hub, round_, 1, new, earlier=states))
        return now

    take()
    (place / "f").write_text("another\n")
    now = take()
    put_back(hub, lookout, place, room=room, now=now, tree=states[0].tree, held=None)
    assert checkpoints_of(hub, 1) == states


def land(repo: Repository, hub: Hub, place: Path) -> Oid:
    """Do everything between a finished branch and a candidate in the user's object store."""
    target, tip = refs.require_branch(repo, MAIN), refs.require_branch(repo, WORK)
    base = refs.require_commit(repo, "HEAD~1")
    hub.fetch(repo, target, tip)
    hub.archive(repo, TaskName("fix"), 1, tip)
    merge_commits(hub, target=target, branch=tip)
    stopped = replay(hub, base=base, tip=tip, onto=target)
    assert isinstance(stopped, ReplayConflict)
    text = conflict_text(hub, stopped.conflicts[0])
    with hub.library() as library:
        tree = library.write_tree_with(stopped.tree, {"f": text.target.encode() + b"both\n"})
    done = resume_replay(hub, stopped, tree)
    assert isinstance(done, Replayed)
    snapshot_tree(hub, repo, place, ignored=True)
    keep_and_put_back(repo, hub, place)
    hub.send(repo, done.candidate, [target, tip])
    return done.candidate


def move(repo: Repository, ground: Ground, place: Path, candidate: Oid, trash: Path) -> None:
    """Do everything that changes the user's repository, but check nothing out."""
    side = BranchName("side")
    target = refs.require_branch(repo, MAIN)
    assert refs.swap_ref(repo, side.ref, target, None, reason="test")
    assert isinstance(advance(repo, side, target, candidate), Advanced)
    finish_advance(repo)
    ground.main.write({"f": "mine\n"})
    assert isinstance(advance(repo, MAIN, target, candidate), CheckoutDirty)
    other = place.with_name("other")
    worktrees.add_worktree(
        repo, other, branch=BranchName("wta/other"), base=target, task=TaskName("other"),
        owner="state",
    )  # fmt: skip
    for path in sorted(other.iterdir()):
        path.unlink()
    other.rmdir()
    remove_admin(repo, other, owner=LockReason(task="other", owner="state"))
    tip = refs.require_branch(repo, WORK)
    trash_worktree(repo, place, trash, owner=OWNER)
    restore_worktree(repo, place, trash, branch=WORK, tip=tip)


def test_no_planted_setting_and_no_hook_runs(
    ground: Ground, repo: Repository, place: Path, tmp_path: Path
) -> None:
    before = fingerprint(repo.common_dir)
    for plant in SETTINGS:
        plant.plant(ground)
    touch(ground)
    ground.ran()
    look(repo, ground, place)
    assert ground.ran() == []
    paths = StatePaths.of_repository(repo.common_dir)
    make_private_folder(paths.root)
    candidate = land(repo, open_hub(paths, repo), place)
    assert ground.ran() == []
    move(repo, ground, place, candidate, tmp_path / "trash")
    assert ground.ran() == []
    named = differences(before, fingerprint(repo.common_dir))
    assert "config changed" in named
    assert "info/attributes appeared" in named


@pytest.mark.parametrize("plant", POINTERS, ids=lambda plant: plant.name)
def test_no_redirected_pointer_is_followed(
    ground: Ground, repo: Repository, place: Path, tmp_path: Path, plant: Plant
) -> None:
    plant.plant(ground)
    touch(ground)
    ground.ran()
    paths = StatePaths.of_repository(repo.common_dir)
    make_private_folder(paths.root)
    look(repo, ground, place)
    assert ground.ran() == []
    candidate = land(repo, open_hub(paths, repo), place)
    assert ground.ran() == []
    refused = pytest.raises(StateError) if plant.name == "git-file" else contextlib.nullcontext()
    with refused:
        move(repo, ground, place, candidate, tmp_path / "trash")
    assert ground.ran() == []


@pytest.mark.parametrize(
    "plant",
    [*SETTINGS, *(each for each in POINTERS if each.name not in ("embedded", "nested"))],
    ids=lambda plant: plant.name,
)
def test_the_tripwire_names_every_plant_before_a_checkout(
    ground: Ground, repo: Repository, place: Path, plant: Plant
) -> None:
    folder = admin_dir(repo, place)
    assert folder is not None
    before = fingerprint(repo.common_dir, folder)
    plant.plant(ground)
    assert differences(before, fingerprint(repo.common_dir, folder)) != []


def test_a_checkout_runs_the_filters_of_the_user_and_nothing_else(
    ground: Ground, repo: Repository, place: Path
) -> None:
    for plant in SETTINGS:
        if plant.name not in ("process", "attributes-file"):
            plant.plant(ground)
    ground.attributes("* filter=p2\n")
    ground.main.git("reset", "-q", "--hard")
    ground.ran()
    target = refs.require_branch(repo, MAIN)
    tip = refs.require_commit(repo, "HEAD~1")
    worktrees.add_worktree(
        repo, place.with_name("two"), branch=BranchName("wta/two"), base=tip,
        task=TaskName("two"), owner="state",
    )  # fmt: skip
    assert ground.ran() == []
    worktrees.fill_worktree(repo, place.with_name("two"))
    assert ground.ran() == ["smudge"]
    assert isinstance(advance(repo, MAIN, target, tip), Advanced)
    assert set(ground.ran()) <= {"smudge", "clean"}
