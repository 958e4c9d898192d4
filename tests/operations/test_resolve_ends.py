"""wta resolve: checkouts that nobody needs any more, and conflicts of submodules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations.test_resolve import ask, conflict, opened
from tests.support.repository import RepositoryBuilder
from wtagents.core.landing.merge import MergeState
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.resolve import Resolving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ready_tasks import Fleet


def land_otherwise(fleet: Fleet, worktree: RepositoryBuilder) -> list[str]:
    """Let a person rebase the worktree instead, and land it; return what is told."""
    worktree.git("rebase", "--quiet", "--strategy-option=ours", "main")
    said: list[str] = []
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("three",)), tell=said.append).data
    assert outcome.state is MergeState.MERGED, outcome.detail
    return said


def test_a_task_that_lands_in_another_way_leaves_no_checkout(fleet: Fleet) -> None:
    worktree = conflict(fleet)
    folder = opened(fleet)
    said = land_otherwise(fleet, worktree)
    assert said[-1] == (
        "three: it is merged; nobody had edited its checkout of wta resolve, which is gone"
    )
    assert not folder.parent.exists()


@pytest.mark.parametrize("name", ["note.txt", "new.txt", "ignored.tmp", "a side"])
def test_what_somebody_did_in_a_checkout_stays_and_is_named(fleet: Fleet, name: str) -> None:
    worktree = conflict(fleet, **{".gitignore": "*.tmp\n"})
    folder = opened(fleet)
    if name == "a side":
        ask(fleet, from_target=("note.txt",))
    else:
        (folder / name).write_text("an hour of work\n")
    said = land_otherwise(fleet, worktree)
    assert said[-1] == (
        "three: it is merged; its checkout of wta resolve holds what somebody did there and stays:"
        f" {folder}; drop it: wta resolve three --abort"
    )
    assert name == "a side" or (folder / name).read_text() == "an hour of work\n"
    assert ask(fleet, abort=True).data.state is Resolving.GIVEN_UP
    assert not folder.exists()


@pytest.mark.parametrize("wanted", ["target", "branch", "both"])
def test_a_submodule_is_decided_by_a_commit_of_it(
    fleet: Fleet, tmp_path: Path, wanted: str
) -> None:
    library = RepositoryBuilder.create(tmp_path / "library")
    commits = {name: library.commit({"a.txt": name}) for name in ("base", "target")}
    library.checkout(commits["base"])
    commits["branch"] = library.commit({"b.txt": "branch"})
    library.git("merge", "--quiet", "--no-edit", "main")
    commits["both"] = library.tip("HEAD")

    def point(repository: RepositoryBuilder, name: str) -> None:
        (repository.path / "lib").mkdir(exist_ok=True)
        repository.git("update-index", "--add", "--cacheinfo", f"160000,{commits[name]},lib")
        repository.git("commit", "-q", "-m", f"Take the {name} of lib")

    fleet.main.commit({".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../library\n'})
    point(fleet.main, "base")
    point(fleet.task("three"), "branch")
    point(fleet.main, "target")
    outcome = ask(fleet).data
    (shown,) = outcome.conflicts
    assert (shown.path, shown.kind) == ("lib", "both changed a submodule")
    assert shown.edit == "or make a commit with both changes in the submodule first"
    undecided = "lib: nobody has decided yet: both changed a submodule"
    assert ask(fleet, done=True).data.faults == (undecided,)
    if wanted == "both":
        assert outcome.folder is not None
        library.git("clone", "--quiet", str(library.path), str(outcome.folder / "lib"))
    else:
        ask(fleet, **{f"from_{wanted}": ("lib",)})
    landed = ask(fleet, done=True).data
    assert landed.faults == ()
    if wanted != "target":
        assert landed.state is Resolving.LANDED, landed.landing
    assert fleet.main.git("rev-parse", "main:lib").strip() == commits[wanted]
