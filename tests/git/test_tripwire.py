from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.git.admin import admin_dir
from wtagents.git.looking.tripwire import differences, fingerprint
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree


@pytest.fixture
def made(repository: RepositoryBuilder, repo: Repository, place: Path) -> Path:
    """Return the private directory of a task's worktree."""
    base = Oid(repository.tip("HEAD"))
    add_worktree(
        repo, place, branch=BranchName("wta/fix"), base=base, task=TaskName("fix"), owner="o"
    )
    fill_worktree(repo, place)
    folder = admin_dir(repo, place)
    assert folder is not None
    return folder


def write(path: Path, text: str, *, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)


def changes(repo: Repository, before: dict[str, str], *folders: Path) -> list[str]:
    return differences(before, fingerprint(repo.common_dir, *folders))


def test_ordinary_work_trips_nothing(
    repository: RepositoryBuilder, repo: Repository, made: Path, place: Path
) -> None:
    before = fingerprint(repo.common_dir, made)
    worker = RepositoryBuilder(place)
    worker.commit({"a": "1"})
    worker.git("switch", "-q", "-c", "wta/other")
    worker.git("config", "branch.wta/other.remote", "origin")
    worker.git("config", "branch.wta/other.merge", "refs/heads/x")
    worker.git("branch", "-m", "wta/renamed")
    repository.git("tag", "v1")
    repository.git("gc", "--quiet")
    write(repo.common_dir / "hooks" / "post-commit.sample", "#!/bin/sh\n", executable=True)
    write(repo.common_dir / "hooks" / "post-commit", "not executable\n")
    assert changes(repo, before, made) == []
    assert sorted(before) == ["config"]


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (("config", '[filter "x"]\n\tsmudge = touch /x\n'), "config changed"),
        (("config.worktree", "[core]\n\tfsmonitor = touch /x\n"), "config.worktree appeared"),
        (("info/attributes", "* filter=x\n"), "info/attributes appeared"),
        (("info/grafts", f"{'1' * 40}\n"), "info/grafts appeared"),
        (("objects/info/alternates", "/elsewhere\n"), "objects/info/alternates appeared"),
        (("commondir", "/elsewhere\n"), "commondir appeared"),
        (("hooks/post-checkout", "#!/bin/sh\n"), "hooks/post-checkout appeared"),
    ],
)  # fmt: skip
def test_what_is_planted_is_named(repo: Repository, plant: tuple[str, str], expected: str) -> None:
    before = fingerprint(repo.common_dir)
    name, text = plant
    path = repo.common_dir / name
    old = path.read_text() if path.exists() else ""
    write(path, old + text, executable=True)
    assert changes(repo, before) == [expected]


def test_a_change_of_what_was_accepted_and_its_going_are_named(repo: Repository) -> None:
    hook = repo.common_dir / "hooks" / "pre-commit"
    write(hook, "#!/bin/sh\n", executable=True)
    before = fingerprint(repo.common_dir)
    write(hook, "#!/bin/sh\nevil\n", executable=True)
    assert changes(repo, before) == ["hooks/pre-commit changed"]
    hook.unlink()
    assert changes(repo, before) == ["hooks/pre-commit is gone"]


def test_pointers_of_a_worktree_that_lead_elsewhere_are_named(
    repo: Repository, made: Path, place: Path, tmp_path: Path
) -> None:
    before = fingerprint(repo.common_dir, made)
    other = RepositoryBuilder.create(tmp_path / "other").path
    pointer = (made / "commondir").read_text()
    (made / "commondir").write_text(f"{other}/.git\n")
    assert changes(repo, before, made) == ["worktrees/fix/commondir appeared"]
    (made / "commondir").write_text(pointer)
    link = (place / ".git").read_text()
    (place / ".git").write_text(f"gitdir: {other}/.git\n")
    assert changes(repo, before, made) == ["worktrees/fix/gitdir appeared"]
    (place / ".git").unlink()
    assert changes(repo, before, made) == ["worktrees/fix/gitdir appeared"]
    (tmp_path / "link").write_text(link)
    (place / ".git").symlink_to(tmp_path / "link")
    assert changes(repo, before, made) == ["worktrees/fix/gitdir appeared"]


def test_settings_that_git_copies_into_a_new_worktree_trip_nothing(
    repository: RepositoryBuilder, repo: Repository, place: Path
) -> None:
    repository.commit({"kept/a": "1", "left/b": "2"})
    repository.git("sparse-checkout", "set", "kept")
    repository.git("config", "--worktree", "core.bare", "false")
    before = fingerprint(repo.common_dir)
    base = Oid(repository.tip("HEAD"))
    add_worktree(
        repo, place, branch=BranchName("wta/fix"), base=base, task=TaskName("fix"), owner="o"
    )
    fill_worktree(repo, place)
    folder = admin_dir(repo, place)
    assert folder is not None
    assert (folder / "config.worktree").is_file()
    assert not (place / "left").exists()
    assert changes(repo, before, folder) == []
    RepositoryBuilder(place).git("config", "--worktree", "filter.x.smudge", "touch /x")
    assert changes(repo, before, folder) == ["worktrees/fix/config.worktree appeared"]


def test_files_that_the_configuration_includes_are_watched(
    repository: RepositoryBuilder, repo: Repository, tmp_path: Path
) -> None:
    shared = tmp_path / "shared.config"
    shared.write_text("[core]\n\teditor = vi\n")
    repository.git("config", "include.path", str(shared))
    before = fingerprint(repo.common_dir)
    shared.write_text('[filter "x"]\n\tclean = touch /x\n')
    assert changes(repo, before) == [f"include {shared} changed"]


@pytest.mark.parametrize(
    "text",
    [
        '[branch "x"] [filter "y"]\n\tclean = evil\n',
        '[branch "x"]\n\tremote = a\n[filter "y"]\n\tclean = evil\n',
        '[branch "x"]\n\tremote = a \\\n\n[filter "y"]\n\tclean = evil\n',
        '[branch "x"]\n[Filter "y"] clean = evil\n',
        "[branch]\n\tautoSetupMerge = true\n",
        '[branchy "x"]\n\tremote = a\n',
    ],
)
def test_nothing_hides_behind_a_section_of_a_branch(repo: Repository, text: str) -> None:
    before = fingerprint(repo.common_dir)
    config = repo.common_dir / "config"
    config.write_text(config.read_text() + text)
    assert changes(repo, before) == ["config changed"]


def test_sections_of_branches_come_and_go_without_a_word(repo: Repository) -> None:
    config = repo.common_dir / "config"
    config.write_text('[branch "first"]\n\tremote = a\n' + config.read_text())
    before = fingerprint(repo.common_dir)
    config.write_text(config.read_text() + '[branch "a\\"b"]\n\tmerge = c\n')
    assert changes(repo, before) == []


def test_a_worktree_that_was_deleted_points_nowhere(
    repo: Repository, made: Path, place: Path
) -> None:
    before = fingerprint(repo.common_dir, made)
    place.rename(place.with_name("elsewhere"))
    assert changes(repo, before, made) == []
