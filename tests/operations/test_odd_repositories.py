"""Repositories and programs that cannot work are refused before anything is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import configure
from tests.support.repository import RepositoryBuilder
from wtagents.core.config.settings import Layer
from wtagents.core.errors import ExitCode, StateError, SystemFault
from wtagents.core.ids import BranchName
from wtagents.git.checkouts import checkouts
from wtagents.operations.context import Context
from wtagents.operations.merge import MergeRequestOptions, merge
from wtagents.operations.starting.worktree import worktree_path
from wtagents.operations.steering.spawn import SpawnRequest, spawn


@pytest.fixture(autouse=True)
def quick(sandbox: Sandbox) -> None:
    configure(sandbox)


def state(context: Context) -> list[str]:
    rows = context.database.rows("SELECT name FROM task")
    return [row["name"] for row in rows]


def old_git(sandbox: Sandbox, folder: Path) -> None:
    fake = folder / "git"
    folder.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.37.9\n")
    fake.chmod(0o755)
    sandbox.set_variable("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_git_that_is_too_old_is_refused(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    context = Context(repository.path)
    assert merge(context, MergeRequestOptions(ready=True)).exit_code is ExitCode.OK
    old_git(sandbox, tmp_path / "bin")
    with pytest.raises(SystemFault, match=r"git 2\.37 is too old"):
        spawn(context, SpawnRequest(name="fix", prompt="fix it"))
    with pytest.raises(SystemFault, match=r"git 2\.37 is too old"):
        merge(context, MergeRequestOptions(ready=True))
    assert state(context) == []
    context.close()


def test_a_repository_with_other_object_names_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    del sandbox
    repository = RepositoryBuilder(tmp_path / "long")
    repository.path.mkdir()
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    repository.commit({"a": "1"})
    context = Context(repository.path)
    with pytest.raises(StateError, match="uses sha256 object names"):
        spawn(context, SpawnRequest(name="fix", prompt="fix it"))
    assert state(context) == []
    assert repository.git("branch", "--format=%(refname)") == "refs/heads/main"
    context.close()


def test_worktrees_of_a_submodule_do_not_lie_in_the_checkout_around_it(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    source = RepositoryBuilder.create(tmp_path / "source")
    source.commit({"a": "1"})
    allow = ("-c", "protocol.file.allow=always")
    repository.git(*allow, "submodule", "add", "-q", str(source.path), "deep/part")
    context = Context(repository.path / "deep" / "part")
    with pytest.raises(StateError) as caught:
        spawn(context, SpawnRequest(name="fix", prompt="fix it"))
    place = repository.path / "deep" / "part-worktrees" / "fix"
    assert caught.value.message == f"{place} lies inside {repository.path}"
    context.close()
    flags = Layer(source="--test", values={"worktree": {"root": str(tmp_path / "rooms")}})
    outside = Context(repository.path / "deep" / "part", flags=[flags])
    assert outside.main_worktree == repository.path / "deep" / "part"
    assert worktree_path(outside, "fix") == tmp_path / "rooms" / "fix"
    outside.close()


def test_a_checkout_that_nothing_names_is_refused_until_it_is_named(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    del sandbox
    repository = RepositoryBuilder(tmp_path / "project")
    repository.path.mkdir()
    apart = tmp_path / "apart.git"
    repository.git("init", "-q", "-b", "main", f"--separate-git-dir={apart}")
    repository.commit({"wta.toml": '[worktree]\nroot = "../{repository}-rooms"\n'})
    context = Context(repository.path)
    with pytest.raises(StateError) as caught:
        spawn(context, SpawnRequest(name="fix", prompt="fix it"))
    assert caught.value.message == f"nothing says where {apart} is checked out"
    assert state(context) == []
    context.close()
    repository.git("config", "core.worktree", str(repository.path))
    named = Context(repository.path)
    assert named.main_worktree == repository.path
    assert named.settings.worktree.root == "../{repository}-rooms"
    (found,) = checkouts(named.repository, BranchName("main"))
    assert found.path == repository.path
    named.close()
