"""undelete: what cleanup took comes back byte by byte; nothing of thirteen kinds is ever lost.

The kinds are those that `git worktree remove` destroys without a word, or nearly.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import ManualClock
from tests.support.processes import run_to_end
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.warm import run_text_warm
from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.keeping.retention import Keep, Remove
from wtagents.core.task import TaskState
from wtagents.operations.keeping.bare_script import write_script
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.undelete import undelete

if TYPE_CHECKING:
    from collections.abc import Callable

    from wtagents.operations.context import Context


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    repository.commit({".gitignore": "*.log\ncache/\n.env\n", "code.txt": "1\n2\n3\n"})
    return Fleet(repository, clock=clock)


def picture(worktree: RepositoryBuilder) -> dict[str, object]:
    """Everything that makes a worktree what it is: files, modes, links, index, refs, reflog."""
    entries = {}
    for folder, folders, files in os.walk(worktree.path):
        for name in (*folders, *files):
            path = Path(folder, name)
            relative = path.relative_to(worktree.path).as_posix()
            if relative == ".git" or (relative.startswith(".git/")):
                continue
            mode = path.lstat().st_mode
            content: object = None
            if stat.S_ISLNK(mode):
                content = path.readlink()
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            entries[relative] = (oct(mode), content)
    return {
        "entries": entries,
        "status": worktree.git("status", "--porcelain=v2", "--branch", "--ignored"),
        "index": worktree.git("ls-files", "--stage", "--debug"),
        "flags": worktree.git("ls-files", "-v"),
        "head": worktree.git("rev-parse", "HEAD"),
        "reflog": worktree.git("reflog", "--format=%H %gs"),
        "branches": worktree.git("for-each-ref", "refs/heads/wta"),
    }


def ignored_files(worktree: RepositoryBuilder) -> None:
    worktree.write({".env": "KEY=1\n", "cache/dev.db": b"\0\1\2"})


def assume_unchanged(worktree: RepositoryBuilder) -> None:
    worktree.git("update-index", "--assume-unchanged", "code.txt")
    worktree.write({"code.txt": "changed in secret\n"})


def skip_worktree(worktree: RepositoryBuilder) -> None:
    worktree.git("update-index", "--skip-worktree", "code.txt")
    worktree.write({"code.txt": "changed in secret\n"})


def hidden_by_exclude(worktree: RepositoryBuilder) -> None:
    exclude = Path(worktree.git("rev-parse", "--git-common-dir")) / "info" / "exclude"
    with exclude.open("a") as stream:
        stream.write("notes.md\n")
    worktree.write({"notes.md": "mine\n"})


def untracked_when_status_hides_it(worktree: RepositoryBuilder) -> None:
    worktree.git("config", "--global", "status.showUntrackedFiles", "no")
    worktree.write({"new.txt": "new\n"})


def rebase_in_progress(worktree: RepositoryBuilder) -> None:
    worktree.git("checkout", "-q", "-b", "side", "HEAD~1")
    worktree.commit({"a.txt": "side\n"})
    worktree.git("checkout", "-q", "wta/fix")
    with pytest.raises(AssertionError, match="could not apply"):
        worktree.git("rebase", "side")


def nested_repository(worktree: RepositoryBuilder) -> None:
    nested = RepositoryBuilder.create(worktree.path / "cache" / "checkout")
    nested.commit({"work.txt": "only here\n"})


def nested_worktree(worktree: RepositoryBuilder) -> None:
    (worktree.path / "cache").mkdir()
    nested = worktree.worktree(worktree.path / "cache" / "other", "other")
    nested.commit({"work.txt": "only here\n"})


def detached_commits(worktree: RepositoryBuilder) -> None:
    worktree.git("checkout", "-q", "--detach")
    worktree.commit({"work.txt": "only here\n"})


def reset_away_commits(worktree: RepositoryBuilder) -> None:
    worktree.commit({"work.txt": "only here\n"})
    worktree.git("reset", "-q", "--hard", "HEAD~1")


def empty_folders(worktree: RepositoryBuilder) -> None:
    (worktree.path / "spool" / "in").mkdir(parents=True)


def staged_and_modified(worktree: RepositoryBuilder) -> None:
    worktree.write({"code.txt": "staged\n"})
    worktree.git("add", "code.txt")
    worktree.write({"code.txt": "and modified\n", "plain.txt": "untracked\n"})
    (worktree.path / "code.txt").chmod(0o755)


def conflicted(worktree: RepositoryBuilder) -> None:
    """Three versions that only the index names, as a merge that was given up leaves them."""
    versions = [
        worktree.git("hash-object", "-w", "--stdin", stdin=f"version {stage}\n".encode())
        for stage in (1, 2, 3)
    ]
    lines = (f"100644 {oid} {stage}\tclash.txt\n" for stage, oid in enumerate(versions, 1))
    worktree.git("update-index", "--index-info", stdin="".join(lines).encode())
    worktree.write({"clash.txt": "and a file\n"})


def set_aside(worktree: RepositoryBuilder) -> None:
    """A rebase in progress that holds the uncommitted files of before in a stash without a ref."""
    worktree.commit({"code.txt": "1\n"})
    worktree.write({"a.txt": "uncommitted\n"})
    environment = {"GIT_SEQUENCE_EDITOR": "sed -i 1s/pick/edit/"}
    worktree.git("rebase", "-q", "-i", "--autostash", "HEAD~1", environment=environment)


def submodule_commits(worktree: RepositoryBuilder) -> None:
    library = RepositoryBuilder.create(worktree.path.parent.parent / "library")
    library.commit({"lib.txt": "1\n"})
    allow = ("-c", "protocol.file.allow=always")
    worktree.git(*allow, "submodule", "--quiet", "add", str(library.path), "lib")
    worktree.git("commit", "-q", "-m", "Add a submodule")
    RepositoryBuilder(worktree.path / "lib").commit({"lib.txt": "only here\n"})


LOSSES = [
    ignored_files,
    assume_unchanged,
    skip_worktree,
    hidden_by_exclude,
    untracked_when_status_hides_it,
    rebase_in_progress,
    nested_repository,
    nested_worktree,
    detached_commits,
    reset_away_commits,
    empty_folders,
    staged_and_modified,
    conflicted,
    set_aside,
    submodule_commits,
]
REFUSED_ALWAYS = {nested_worktree}
TOGETHER = (
    reset_away_commits,
    skip_worktree,
    ignored_files,
    hidden_by_exclude,
    untracked_when_status_hides_it,
    nested_repository,
    conflicted,
    empty_folders,
)
"""Those that one worktree can have at once."""


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_in_a_cancelled_task_is_lost(
    fleet: Fleet, loss: Callable[[RepositoryBuilder], None]
) -> None:
    """Refused and untouched, or restored byte by byte, even after git has forgotten the rest."""
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    loss(worktree)
    before = picture(worktree)
    fleet.cancel("fix")
    (done,) = cleanup(fleet.context, CleanupRequest()).data.tasks
    if loss in REFUSED_ALWAYS:
        assert isinstance(done.verdict, Keep)
        assert picture(worktree) == before
        return
    assert isinstance(done.verdict, Remove), done.verdict
    assert not worktree.path.exists()
    fleet.main.git("reflog", "expire", "--expire=now", "--all")
    fleet.main.git("gc", "-q", "--prune=now")
    undeleted = undelete(fleet.context, "fix").data
    assert undeleted.worktree == worktree.path
    assert picture(worktree) == before
    assert worktree.git("fsck", "--no-dangling", "--connectivity-only") == ""


@pytest.mark.parametrize("loss", LOSSES)
def test_work_that_came_after_the_landing_is_not_taken_away_unasked(
    fleet: Fleet, loss: Callable[[RepositoryBuilder], None]
) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    loss(worktree)
    before = picture(worktree)
    (done,) = cleanup(fleet.context, CleanupRequest()).data.tasks
    if loss in (ignored_files, hidden_by_exclude, reset_away_commits, empty_folders):
        assert isinstance(done.verdict, Remove), done.verdict
        undelete(fleet.context, "fix")
    else:
        assert isinstance(done.verdict, Keep)
    assert picture(worktree) == before


def by_itself(context: Context) -> None:
    cleanup(context, CleanupRequest())


def by_name(context: Context) -> None:
    cleanup(context, CleanupRequest(names=("fix",)))


def from_cron(context: Context) -> None:
    script = context.paths.cron_script
    write_script(context, script, caller="cron", opening="")
    bare = ["env", "-i", f"HOME={Path.home()}", "PATH=/usr/bin:/bin"]
    assert run_to_end([*bare, "/bin/sh", str(script), "cleanup"]).returncode == 0


@pytest.mark.parametrize("door", [by_itself, by_name, from_cron])
def test_nothing_is_lost_through_any_door(fleet: Fleet, door: Callable[[Context], None]) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    for loss in TOGETHER:
        loss(worktree)
    before = picture(worktree)
    fleet.cancel("fix")
    door(fleet.context)
    assert not worktree.path.exists()
    fleet.main.git("reflog", "expire", "--expire=now", "--all")
    fleet.main.git("gc", "-q", "--prune=now")
    undelete(fleet.context, "fix")
    assert picture(worktree) == before


def test_the_row_comes_back_and_stays_until_a_person_says_otherwise(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    cleanup(fleet.context, CleanupRequest())
    undeleted = undelete(fleet.context, "fix").data
    assert (undeleted.task.state, undeleted.task.removed_at) == (TaskState.MERGED, None)
    (kept,) = cleanup(fleet.context, CleanupRequest()).data.tasks
    assert kept.verdict == Keep(reason="it was brought back on 2026-01-02")
    (gone,) = cleanup(fleet.context, CleanupRequest(names=("fix",))).data.tasks
    assert isinstance(gone.verdict, Remove)
    assert undelete(fleet.context, "fix").data.worktree is not None


def test_a_name_that_is_taken_again_refuses_and_nothing_moves(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.cancel("fix")
    (done,) = cleanup(fleet.context, CleanupRequest()).data.tasks
    fleet.task("fix", {"b.txt": "b\n"})
    with pytest.raises(StateError, match="the name fix is taken"):
        undelete(fleet.context, "fix")
    assert done.folder is not None
    assert (done.folder / "files" / "a.txt").exists()
    assert (fleet.row("fix").worktree / "b.txt").exists()


def test_a_place_that_is_taken_refuses_and_nothing_moves(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.cancel("fix")
    cleanup(fleet.context, CleanupRequest())
    worktree.path.mkdir()
    with pytest.raises(StateError):
        undelete(fleet.context, "fix")
    assert "refs/heads/wta/fix" not in fleet.main.refs()
    assert fleet.row("fix").removed_at is not None
    worktree.path.rmdir()
    assert undelete(fleet.context, "fix").data.worktree == worktree.path


def test_a_worktree_that_had_lost_its_files_comes_back_from_its_branch(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.cancel("fix")
    worktree.path.rename(worktree.path.with_name("elsewhere"))
    cleanup(fleet.context, CleanupRequest())
    undelete(fleet.context, "fix")
    assert worktree.files()["a.txt"] == b"a\n"
    assert (worktree.status(), worktree.git("branch", "--show-current")) == ([], "wta/fix")


def test_after_the_sweep_the_commits_are_still_to_be_had(fleet: Fleet, clock: ManualClock) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    fleet.cancel("fix")
    cleanup(fleet.context, CleanupRequest())
    clock.advance(40 * 86400)
    cleanup(fleet.context, CleanupRequest())
    with pytest.raises(StateError) as refused:
        undelete(fleet.context, "fix")
    command = refused.value.hint.removeprefix("its commits: git ")
    fleet.main.git(*command.split(" "))
    assert fleet.main.tip("wta/fix") == tip


KILLED = """\
import os, signal, sys
from pathlib import Path
from wtagents.operations.context import Context
from wtagents.operations.keeping.undelete import undelete
step = int(sys.argv[2])
def audit(event, arguments, count=[0]):
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"):
        count[0] += 1
        if count[0] >= step:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
undelete(Context(Path(sys.argv[1])), "fix")
"""


def test_killed_at_every_step_it_is_simply_called_again(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    staged_and_modified(worktree)
    before = picture(worktree)
    fleet.cancel("fix")
    cleanup(fleet.context, CleanupRequest())
    step = 0
    while fleet.row("fix").removed_at is not None:
        step += 3
        done = run_text_warm(KILLED, str(fleet.main.path), str(step))
        assert done.returncode in (-9, 0), done.stderr.decode()
    assert step > 5, "it was killed on its way"
    assert picture(worktree) == before


def test_a_worktree_that_was_deleted_by_hand_has_another_way_back(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    shutil.rmtree(worktree.path)
    with pytest.raises(StateError) as refused:
        undelete(fleet.context, "fix")
    assert refused.value.hint == "wta retry fix"


def test_what_was_never_cleaned_up_cannot_come_back(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    with pytest.raises(StateError, match="task fix was not cleaned up"):
        undelete(fleet.context, "fix")
    with pytest.raises(NotFoundError):
        undelete(fleet.context, "other")
