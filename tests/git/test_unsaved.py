from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import BranchName, Oid, TaskName
from wtagents.core.worktree import Unsaved
from wtagents.core.worktree import UnsavedKind as Kind
from wtagents.git.admin import LockReason, admin_dir
from wtagents.git.keeping.unsaved import LooseCommits, loose_commits, unsaved_work
from wtagents.git.repo import Repository
from wtagents.git.worktrees import add_worktree, fill_worktree

OWNER = LockReason(task="fix", owner="state")
Spoil = Callable[[RepositoryBuilder], object]


@pytest.fixture
def worker(repository: RepositoryBuilder, repo: Repository, place: Path) -> RepositoryBuilder:
    """Return the clean worktree of a task."""
    base = Oid(repository.commit({".gitignore": "*.log\n/cache/\n", "f": "1\n", "g": "1\n"}))
    add_worktree(
        repo, place, branch=BranchName("wta/fix"), base=base, task=TaskName("fix"), owner="state"
    )
    fill_worktree(repo, place)
    return RepositoryBuilder(place)


def found(repo: Repository, worker: RepositoryBuilder) -> list[tuple[Kind, str]]:
    return [(each.kind, each.detail) for each in unsaved_work(repo, worker.path, owner=OWNER)]


def assume(worker: RepositoryBuilder) -> None:
    worker.git("update-index", "--assume-unchanged", "f")
    worker.write({"f": "hidden\n"})


def skip(worker: RepositoryBuilder) -> None:
    worker.git("update-index", "--skip-worktree", "f")
    worker.write({"f": "hidden\n"})


def excluded(worker: RepositoryBuilder) -> None:
    exclude = Path(worker.git("rev-parse", "--git-common-dir")) / "info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("secret\n")
    worker.write({"secret": "x"})


def unlisted(worker: RepositoryBuilder) -> None:
    worker.git("config", "status.showUntrackedFiles", "no")
    worker.write({"loose": "x"})


def rebasing(worker: RepositoryBuilder) -> None:
    worker.commit({"h": "1"})
    environment = {"GIT_SEQUENCE_EDITOR": "sed -i 1s/pick/edit/"}
    worker.git("rebase", "-q", "-i", "HEAD~1", environment=environment)


def nested_repository(worker: RepositoryBuilder) -> None:
    RepositoryBuilder.create(worker.path / "cache" / "inner").commit({"x": "1"})


def nested_bare(worker: RepositoryBuilder) -> None:
    worker.git("init", "-q", "--bare", str(worker.path / "cache" / "inner.git"))


def nested_worktree(worker: RepositoryBuilder) -> None:
    worker.git("worktree", "add", "-q", "-b", "other", str(worker.path / "cache" / "other"))


def detached(worker: RepositoryBuilder) -> None:
    worker.git("checkout", "-q", "--detach")
    worker.commit({"f": "2\n"})


def empty_folder(worker: RepositoryBuilder) -> None:
    (worker.path / "a" / "b").mkdir(parents=True)


def staged_and_taken_back(worker: RepositoryBuilder) -> None:
    worker.write({"f": "2\n"})
    worker.git("add", "f")
    worker.write({"f": "1\n"})


def reset_away(worker: RepositoryBuilder) -> None:
    worker.commit({"f": "2\n"})
    worker.git("reset", "-q", "--hard", "HEAD~1")


LOST: list[tuple[str, Spoil, Kind, str | None]] = [
    ("ignored file", lambda w: w.write({"dev.log": "x"}), Kind.IGNORED, "dev.log"),
    ("ignored folder", lambda w: w.write({"cache/db": "x"}), Kind.IGNORED, "cache/"),
    ("assume-unchanged", assume, Kind.ASSUME_UNCHANGED, "f"),
    ("skip-worktree", skip, Kind.SKIP_WORKTREE, "f"),
    ("info/exclude", excluded, Kind.IGNORED, "secret"),
    ("untracked, not shown", unlisted, Kind.UNTRACKED, "loose"),
    ("rebase", rebasing, Kind.OPERATION, "rebase"),
    ("nested repository", nested_repository, Kind.NESTED_REPOSITORY, "cache/inner"),
    ("nested bare repository", nested_bare, Kind.NESTED_REPOSITORY, "cache/inner.git"),
    ("nested worktree", nested_worktree, Kind.NESTED_WORKTREE, "cache/other"),
    ("detached", detached, Kind.DETACHED_COMMITS, None),
    ("reset away", reset_away, Kind.REFLOG_COMMITS, None),
    ("empty folder", empty_folder, Kind.EMPTY_FOLDER, "a/b"),
]


@pytest.mark.parametrize(("spoil", "kind", "detail"), [case[1:] for case in LOST],
                         ids=[case[0] for case in LOST])  # fmt: skip
def test_what_git_would_destroy_without_a_word_is_named(
    repository: RepositoryBuilder,
    repo: Repository,
    worker: RepositoryBuilder,
    spoil: Spoil,
    kind: Kind,
    detail: str | None,
) -> None:
    spoil(worker)
    named = found(repo, worker)
    assert kind in {each for each, _ in named}
    if detail is not None:
        assert (kind, detail) in named
    repository.git("worktree", "unlock", str(worker.path))
    repository.git("worktree", "remove", str(worker.path))
    assert not worker.path.exists()


KEPT: list[tuple[str, Spoil, list[tuple[Kind, str]]]] = [
    ("modified", lambda w: w.write({"f": "2\n"}), [(Kind.MODIFIED, "f")]),
    ("deleted", lambda w: w.write({"f": None}), [(Kind.MODIFIED, "f")]),
    ("untracked", lambda w: w.write({"d/new": "x"}), [(Kind.UNTRACKED, "d/new")]),
    ("mode", lambda w: (w.path / "f").chmod(0o755), [(Kind.MODIFIED, "f")]),
    (
        "staged and taken back",
        staged_and_taken_back,
        [(Kind.MODIFIED, "f")],
    ),
    (
        "nested, not ignored",
        lambda w: RepositoryBuilder.create(w.path / "inner"),
        [(Kind.UNTRACKED, "inner/"), (Kind.NESTED_REPOSITORY, "inner")],
    ),
    ("newline", lambda w: w.write({"a\nb \"'": "x"}), [(Kind.UNTRACKED, "a\nb \"'")]),
]


@pytest.mark.parametrize(("spoil", "expected"), [case[1:] for case in KEPT],
                         ids=[case[0] for case in KEPT])  # fmt: skip
def test_what_git_would_refuse_to_remove_is_named_as_well(
    repo: Repository,
    worker: RepositoryBuilder,
    spoil: Spoil,
    expected: list[tuple[Kind, str]],
) -> None:
    spoil(worker)
    assert found(repo, worker) == expected


def test_a_clean_worktree_with_commits_on_its_branch_loses_nothing(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    worker.commit({"f": "2\n"})
    os.utime(worker.path / "g", (1, 1))
    worker.git("update-index", "--assume-unchanged", "g")
    assert found(repo, worker) == []


def test_a_conflict_is_named_by_path_and_operation(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    worker.git("checkout", "-q", "-b", "wta/side", "HEAD")
    side = worker.commit({"f": "side\n"})
    worker.git("checkout", "-q", "wta/fix")
    worker.commit({"f": "fix\n"})
    with pytest.raises(AssertionError):
        worker.git("merge", "-q", side)
    assert found(repo, worker) == [(Kind.OPERATION, "merge"), (Kind.MODIFIED, "f")]


def test_commits_that_are_archived_are_not_lost(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    first = worker.commit({"f": "2\n"})
    worker.git("commit", "--quiet", "--amend", "-m", "Better")
    worker.git("checkout", "-q", "--detach")
    head = worker.commit({"f": "3\n"})
    loose = loose_commits(repo, worker.path)
    assert loose == LooseCommits(detached=(Oid(head),), reflog=(Oid(first),))
    kept = [Oid(first), Oid(head)]
    assert loose_commits(repo, worker.path, kept=kept) == LooseCommits(detached=(), reflog=())
    assert unsaved_work(repo, worker.path, owner=OWNER, kept=kept) == []


def test_commits_that_git_forgot_already_are_not_asked_for(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    reset_away(worker)
    lost = worker.git("rev-parse", "HEAD@{1}")
    (repo.objects / lost[:2] / lost[2:]).unlink()
    assert found(repo, worker) == []


def test_a_submodule_is_named(repo: Repository, worker: RepositoryBuilder, tmp_path: Path) -> None:
    other = RepositoryBuilder.create(tmp_path / "library")
    other.commit({"x": "1"})
    allow = ("-c", "protocol.file.allow=always")
    worker.git(*allow, "submodule", "--quiet", "add", str(other.path), "lib")
    worker.git("commit", "-q", "-m", "Add a library")
    assert found(repo, worker) == [(Kind.SUBMODULE, "lib"), (Kind.SUBMODULE, "modules/lib")]


def test_a_submodule_that_was_never_fetched_is_nothing(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    commit = worker.tip("HEAD")
    worker.git("update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    worker.git("commit", "-q", "-m", "Name a library")
    (worker.path / "lib").mkdir(exist_ok=True)
    assert found(repo, worker) == []


def test_a_stash_made_here_is_named(repo: Repository, worker: RepositoryBuilder) -> None:
    worker.write({"f": "2\n"})
    worker.git("stash", "push", "-q", "-m", "half")
    assert found(repo, worker) == [(Kind.STASH, "stash@{0} On wta/fix: half")]


def test_the_lock_of_somebody_else_and_processes_are_named(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    folder = admin_dir(repo, worker.path)
    assert folder is not None
    (folder / "locked").write_text("on my stick\n")
    assert unsaved_work(repo, worker.path, owner=OWNER, processes_inside=["vim (1234)"]) == [
        Unsaved(kind=Kind.PROCESS, detail="vim (1234)"),
        Unsaved(kind=Kind.FOREIGN_LOCK, detail="on my stick"),
    ]


def test_files_that_wta_wrote_are_its_own(repo: Repository, worker: RepositoryBuilder) -> None:
    excluded(worker)
    worker.write({"dev.log": "x"})
    own = unsaved_work(repo, worker.path, owner=OWNER, own_files={"secret"})
    assert own == [Unsaved(kind=Kind.IGNORED, detail="dev.log")]


@pytest.mark.parametrize(
    ("damage", "detail"),
    [
        (lambda folder: (folder / "index").write_bytes(b"DIRCgarbage"), "files: "),
        (lambda folder: (folder / "HEAD").write_text("ref: refs/heads/gone\n"), None),
        (lambda folder: (folder / "HEAD").write_text("garbage\n"), "commits: "),
        (lambda folder: (folder / "logs/HEAD").write_text("garbage\n"), "commits: "),
    ],
    ids=["index", "no such branch", "head", "reflog"],
)
def test_what_cannot_be_checked_is_never_nothing(
    repo: Repository,
    worker: RepositoryBuilder,
    damage: Callable[[Path], object],
    detail: str | None,
) -> None:
    folder = admin_dir(repo, worker.path)
    assert folder is not None
    damage(folder)
    named = found(repo, worker)
    assert named != []
    if detail is not None:
        assert [kind for kind, text in named if text.startswith(detail)] == [Kind.UNKNOWN]


@pytest.mark.parametrize(
    "setting",
    [("core.ignorecase", "true"), ("core.trustctime", "false"), ("core.checkStat", "minimal")],
)
def test_no_setting_of_an_agent_makes_work_invisible(
    repo: Repository, worker: RepositoryBuilder, setting: tuple[str, str]
) -> None:
    worker.git("config", *setting)
    worker.write({"F": "another file\n"})
    before = (worker.path / "f").stat()
    worker.write({"f": "2\n"})
    os.utime(worker.path / "f", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(repo, worker) == [(Kind.MODIFIED, "f"), (Kind.UNTRACKED, "F")]


def test_a_worktree_that_is_not_there_cannot_be_checked(
    repo: Repository, worker: RepositoryBuilder
) -> None:
    worker.path.rename(worker.path.with_name("moved"))
    assert [kind for kind, _ in found(repo, worker)] == [Kind.UNKNOWN]


def test_a_folder_that_cannot_be_read_is_named(repo: Repository, worker: RepositoryBuilder) -> None:
    """Root may read every folder, but nobody one whose path is longer than the system takes."""
    descriptor = os.open(worker.path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=descriptor)
        below = os.open("x" * 250, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    assert Kind.UNKNOWN in {kind for kind, _ in found(repo, worker)}


def test_the_look_changes_nothing(repo: Repository, worker: RepositoryBuilder) -> None:
    assume(worker)
    folder = admin_dir(repo, worker.path)
    assert folder is not None
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found(repo, worker)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
