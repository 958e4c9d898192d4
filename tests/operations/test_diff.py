from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.ready_tasks import Fleet
from wtagents.core.errors import NotFoundError, StateError
from wtagents.operations.telling.diff import DiffRequest, diff

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder


def patch_of(fleet: Fleet, name: str, *, stat: bool = False) -> str:
    return diff(fleet.context, DiffRequest(name=name, stat=stat)).data.patch.decode()


def test_everything_since_the_base_is_in_the_patch(
    fleet: Fleet, repository: RepositoryBuilder
) -> None:
    worktree = fleet.task("fix", {"committed.txt": "one\n"})
    worktree.write({"README.md": "# Changed\n", "untracked.txt": "two\n", "data.bin": b"\0\1"})
    index_before = (repository.path / ".git" / "worktrees" / "fix" / "index").read_bytes()

    patch = patch_of(fleet, "fix")

    again = repository.worktree(repository.path.parent / "again", "again")
    (again.path / "patch").write_text(patch)
    again.git("apply", "patch")
    (again.path / "patch").unlink()
    expected = {
        "README.md": b"# Changed\n",
        "committed.txt": b"one\n",
        "data.bin": b"\0\1",
        "untracked.txt": b"two\n",
    }
    assert again.files() == expected
    index = repository.path / ".git" / "worktrees" / "fix" / "index"
    assert index.read_bytes() == index_before


def test_the_statistic_names_files_and_lines(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "one\ntwo\n"})

    assert patch_of(fleet, "fix", stat=True) == (
        " a.txt | 2 ++\n 1 file changed, 2 insertions(+)\n"
    )


def test_no_setting_of_the_repository_runs(fleet: Fleet, repository: RepositoryBuilder) -> None:
    worktree = fleet.task("fix", {"a.txt": "one\n", ".gitattributes": "* diff=x filter=x\n"})
    trap = repository.path.parent / "trapped"
    for key in ("diff.external", "diff.x.command", "diff.x.textconv", "filter.x.clean"):
        repository.git("config", key, f"touch {trap}; cat")
    worktree.write({"a.txt": "two\n"})

    assert "+two\n" in patch_of(fleet, "fix")
    assert not trap.exists()


def test_of_a_worktree_that_is_gone_the_branch_is_shown(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "one\n"})
    worktree.write({"untracked.txt": "two\n"})
    shutil.rmtree(worktree.path)

    result = diff(fleet.context, DiffRequest(name="fix", stat=True))
    assert result.data.patch.decode() == " a.txt | 1 +\n 1 file changed, 1 insertion(+)\n"
    assert result.messages == (
        "the worktree is gone: this is what wta/fix holds; make it again: wta retry fix",
    )


def test_without_worktree_and_branch_there_is_nothing_to_show(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "one\n"})
    fleet.main.git("worktree", "remove", "--force", "--force", str(worktree.path))
    fleet.main.git("branch", "--quiet", "-D", "wta/fix")

    with pytest.raises(StateError) as refused:
        patch_of(fleet, "fix")
    assert refused.value.message == "neither the worktree nor the branch of fix is there"
    assert refused.value.hint == "wta retry fix says how to go on"


def test_an_unknown_task_is_not_found(fleet: Fleet) -> None:
    with pytest.raises(NotFoundError):
        patch_of(fleet, "nobody")
