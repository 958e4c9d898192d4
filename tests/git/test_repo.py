from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.repository import RepositoryBuilder
from wtagents.core.errors import DeadlineError, StateError, SystemFault
from wtagents.git.repo import GitError, Repository, require_git_version


def test_finds_the_repository_from_a_folder_below_and_from_a_linked_worktree(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    repository.write({"deep/er/file": "x"})
    linked = repository.worktree(tmp_path / "linked", "side")
    common = repository.path / ".git"
    found = [Repository.at(path) for path in (repository.path / "deep" / "er", linked.path, common)]
    assert [repo.common_dir for repo in found] == [common] * 3
    assert [repo.main_worktree for repo in found] == [repository.path] * 3


def test_a_bare_repository_has_no_main_worktree(
    repository: RepositoryBuilder, tmp_path: Path
) -> None:
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    repo = Repository.at(tmp_path / "bare.git")
    assert repo.common_dir == tmp_path / "bare.git"
    assert repo.main_worktree is None


def test_no_repository_is_said_with_the_next_command(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        Repository.at(tmp_path)
    assert caught.value.message == f"{tmp_path} is not in a git repository"
    assert caught.value.hint == "cd into a repository, or: git init"


def test_refs_in_a_reftable_are_refused_in_words(repository: RepositoryBuilder) -> None:
    (repository.path / ".git" / "reftable").mkdir()
    with pytest.raises(StateError) as caught:
        Repository.at(repository.path)
    assert caught.value.hint == "git refs migrate --ref-format=files"


def test_variables_of_another_repository_do_not_reach_git(
    repository: RepositoryBuilder, sandbox: Sandbox, tmp_path: Path
) -> None:
    repo = Repository.at(repository.path)
    other = RepositoryBuilder.create(tmp_path / "other")
    for name in ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"):
        sandbox.set_variable(name, str(other.path / ".git"))
    sandbox.set_variable("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    sandbox.set_variable("GIT_NAMESPACE", "elsewhere")
    assert repo.read("for-each-ref", "--format=%(refname)").text == "refs/heads/main"
    assert repo.git("rev-parse", "--absolute-git-dir").text == str(repository.path / ".git")


def test_a_refusal_names_the_command_and_gits_last_line(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    with pytest.raises(GitError) as caught:
        repo.git("cat-file", "blob", "0" * 40)
    assert caught.value.message == "git cat-file failed"
    assert caught.value.cause == f"fatal: git cat-file {'0' * 40}: bad file"
    assert isinstance(caught.value, SystemFault)


def test_a_git_that_hangs_is_ended_with_its_children(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    with pytest.raises(DeadlineError) as caught:
        repo.git("-c", "alias.hang=!sleep 600 & sleep 600", "hang", timeout=0.3)
    assert caught.value.message == "git -c did not end within 0.3 s"


def test_git_reads_no_terminal_and_asks_nothing(repository: RepositoryBuilder) -> None:
    repo = Repository.at(repository.path)
    said = repo.git("-c", "alias.ask=!cat; env", "ask").text.splitlines()
    assert {"GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=true", "GIT_OPTIONAL_LOCKS=0"} <= set(said)


def test_an_old_git_is_refused_with_advice(sandbox: Sandbox, tmp_path: Path) -> None:
    assert require_git_version() >= (2, 38)
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho git version 2.37.9\n")
    fake.chmod(0o755)
    sandbox.set_variable("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(SystemFault) as caught:
        require_git_version()
    assert caught.value.message == "git 2.37 is too old"
    assert caught.value.hint == "install git 2.38 or newer"


def test_a_missing_git_is_said_in_one_line(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.set_variable("PATH", str(tmp_path))
    with pytest.raises(SystemFault) as caught:
        require_git_version()
    assert caught.value.message == "cannot run git"
