"""What the tests of this floor share: one task with its worktree."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.environment import PROJECT
from tests.support.repository import RepositoryBuilder
from wtagents.git.hub import Hub, open_hub
from wtagents.git.repo import Repository
from wtagents.system.files import make_private_folder
from wtagents.system.paths import StatePaths


@pytest.fixture
def repo(repository: RepositoryBuilder) -> Repository:
    """Return our view of the repository of the test."""
    return Repository.at(repository.path)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where the worktree of the task goes."""
    return tmp_path / "worktrees" / "fix"


@pytest.fixture
def hub(repo: Repository) -> Hub:
    """Return the hub of the repository of the test."""
    paths = StatePaths.of_repository(repo.common_dir)
    make_private_folder(paths.root)
    return open_hub(paths, repo)


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """Return a folder on another file system than the test's own; skip where there is none."""
    for place in (Path("/dev/shm"), Path(tempfile.gettempdir()), PROJECT):  # noqa: S108
        if place.is_dir() and place.stat().st_dev != Path.cwd().stat().st_dev:
            with tempfile.TemporaryDirectory(dir=place, prefix="wta-tests-") as folder:
                yield Path(folder)
            return
    pytest.skip("this machine has one file system only")
