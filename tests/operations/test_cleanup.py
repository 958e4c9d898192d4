"""cleanup: only what has ended and is proved goes, into the trash, and the record says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clock import ManualClock
from tests.support.processes import kill_hard, start_apart
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from tests.support.warm import run_text_warm
from tests.support.wta import wta
from wtagents.core.config.settings import Layer
from wtagents.core.errors import ExitCode, NotFoundError
from wtagents.core.keeping.retention import Keep, Remove
from wtagents.core.task import TaskState
from wtagents.git.hub import open_hub
from wtagents.operations.checks.state import check_trash
from wtagents.operations.context import Context
from wtagents.operations.keeping.cleanup import Cleaned, CleanupRequest, cleanup
from wtagents.operations.keeping.undelete import undelete
from wtagents.store.trash import last_trash_item_of

DAY = 86400.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Fleet:
    return Fleet(repository, clock=clock)


def clean(fleet: Fleet, *names: str) -> dict[str, Cleaned]:
    done = cleanup(fleet.context, CleanupRequest(names=names)).data
    return {each.task: each for each in done.tasks}


def test_a_merged_task_goes_with_its_branch_and_frees_its_name(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    fleet.land("fix")
    result = cleanup(fleet.context, CleanupRequest())
    (done,) = result.data.tasks
    assert done.verdict == Remove(proof=f"merged; its branch is at what landed, {tip[:10]}")
    assert done.folder == fleet.context.paths.trash / f"fix-{fleet.row('fix').id}"
    assert (done.folder / "files" / "a.txt").read_bytes() == b"a\n"
    assert fleet.main.worktrees() == [fleet.main.path]
    assert "refs/heads/wta/fix" not in fleet.main.refs()
    assert fleet.row("fix").removed_at is not None
    hub = RepositoryBuilder(fleet.context.paths.hub)
    assert tip in hub.refs().values()
    fleet.task("fix", {"b.txt": "b\n"})
    assert fleet.row("fix").removed_at is None, "the name can be used again"


def test_a_cancelled_task_goes_and_its_commits_are_archived(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    worktree.write({"left.txt": "never committed\n"})
    fleet.cancel("fix")
    done = clean(fleet)["fix"]
    assert done.verdict == Remove(proof="cancelled; its commits are archived")
    assert done.folder is not None
    assert (done.folder / "files" / "left.txt").read_bytes() == b"never committed\n"
    hub = RepositoryBuilder(fleet.context.paths.hub)
    assert hub.tree(tip)["a.txt"] == b"a\n"


def test_a_cancelled_task_that_never_began_only_frees_its_name(fleet: Fleet) -> None:
    fleet.task("fix")
    fleet.main.git("worktree", "unlock", str(fleet.row("fix").worktree))
    fleet.main.git("worktree", "remove", str(fleet.row("fix").worktree))
    fleet.main.git("branch", "-D", "wta/fix")
    fleet.cancel("fix")
    done = clean(fleet)["fix"]
    assert (isinstance(done.verdict, Remove), done.folder) == (True, None)
    assert fleet.row("fix").removed_at is not None


@pytest.mark.parametrize("state", [TaskState.READY, TaskState.QUEUED])
def test_what_has_not_ended_stays_whoever_asks(fleet: Fleet, state: TaskState) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    if state is TaskState.QUEUED:
        fleet.requeue("fix")
    before = fleet.main.refs()
    result = cleanup(fleet.context, CleanupRequest(names=("fix",), all=True))
    assert result.exit_code is ExitCode.UNFULFILLED
    assert result.data.tasks[0].verdict == Keep(reason=f"the task is {state}")
    assert fleet.main.refs() == before
    assert fleet.row("fix").worktree.is_dir()


def test_a_process_inside_keeps_it(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    process = start_apart(["sleep", "600"], cwd=worktree.path)
    try:
        verdict = clean(fleet, "fix")["fix"].verdict
        assert verdict == Keep(reason=f"process inside: sleep (pid {process.pid})")
        assert worktree.files() == {"README.md": b"# Project\n", "a.txt": b"a\n"}
    finally:
        kill_hard(process.pid)
        process.communicate()
    assert isinstance(clean(fleet)["fix"].verdict, Remove)


def test_a_branch_that_moved_after_its_landing_waits_for_a_person(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    later = worktree.commit({"b.txt": "b\n"})
    assert clean(fleet)["fix"].verdict == Keep(reason="its branch has moved since it landed")
    assert isinstance(clean(fleet, "fix")["fix"].verdict, Remove)
    hub = RepositoryBuilder(fleet.context.paths.hub)
    assert hub.tree(later)["b.txt"] == b"b\n"


def test_the_worktree_of_somebody_else_is_not_ours_to_take(fleet: Fleet) -> None:
    fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    path = str(fleet.row("fix").worktree)
    fleet.main.git("worktree", "unlock", path)
    fleet.main.git("worktree", "lock", "--reason", "in use by another tool", path)
    verdict = clean(fleet, "fix")["fix"].verdict
    assert verdict == Keep(reason="locked by somebody else: in use by another tool")


def test_a_branch_that_is_checked_out_elsewhere_stays(fleet: Fleet, tmp_path: Path) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    worktree.git("checkout", "-q", "--detach")
    fleet.main.git("worktree", "add", "-q", str(tmp_path / "mine"), "wta/fix")
    verdict = clean(fleet, "fix")["fix"].verdict
    assert verdict == Keep(reason=f"its branch is checked out at {tmp_path / 'mine'}")


def test_a_folder_that_is_no_worktree_any_more_is_not_touched(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    (worktree.path / ".git").unlink()
    verdict = clean(fleet, "fix")["fix"].verdict
    assert isinstance(verdict, Keep)
    assert (worktree.path / "a.txt").read_bytes() == b"a\n"


def test_a_folder_that_became_a_link_is_not_followed(fleet: Fleet, tmp_path: Path) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    fleet.land("fix")
    worktree.path.rename(tmp_path / "moved")
    worktree.path.symlink_to(tmp_path / "moved")
    verdict = clean(fleet, "fix")["fix"].verdict
    assert isinstance(verdict, Keep)
    assert (tmp_path / "moved" / "a.txt").read_bytes() == b"a\n"


def test_a_worktree_that_was_deleted_by_hand_is_forgotten_with_its_branch_kept_safe(
    fleet: Fleet,
) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    fleet.cancel("fix")
    worktree.path.rename(worktree.path.with_name("elsewhere"))
    assert isinstance(clean(fleet)["fix"].verdict, Remove)
    assert fleet.main.git("worktree", "list").count("\n") == 0
    assert tip in RepositoryBuilder(fleet.context.paths.hub).refs().values()


def test_what_somebody_else_has_landed_goes_and_comes_back(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {"a": "1\n"})
    worktree.commit({"a": "2\n"})
    assert verdict(fleet) == "the task is ready"
    fleet.main.git("merge", "-q", "--squash", "wta/fix")
    fleet.main.commit({}, "Fix (#1)")
    worktree.write({"draft": "d\n"})
    assert verdict(fleet) == "beside what landed: untracked: draft"
    worktree.write({"draft": None})
    tip = worktree.tip("HEAD")
    how = "landed by somebody else: the target has all that it changed; its commits are archived"
    assert verdict(fleet) == how
    assert not worktree.path.exists()
    undelete(fleet.context, "fix")
    assert (fleet.row("fix").state, worktree.tip("wta/fix")) == (TaskState.READY, tip)


def verdict(fleet: Fleet) -> str:
    (done,) = cleanup(fleet.context, CleanupRequest()).data.tasks
    return done.verdict.reason if isinstance(done.verdict, Keep) else done.verdict.proof


def test_one_pass_by_itself_takes_a_few_and_says_how_many_are_left(fleet: Fleet) -> None:
    names = [f"t{number}" for number in range(5)]
    for name in names:
        fleet.task(name)
        fleet.cancel(name)
    shown = cleanup(fleet.context, CleanupRequest(dry_run=True)).data
    assert (shown.left, len(fleet.main.worktrees())) == (2, 6)
    assert all(isinstance(each.verdict, Remove) and not each.folder for each in shown.tasks)
    first = cleanup(fleet.context, CleanupRequest()).data
    assert (first.left, [each.folder is not None for each in first.tasks]) == (
        2,
        [True, True, True, False, False],
    )
    assert cleanup(fleet.context, CleanupRequest(all=True)).data.left == 0
    assert fleet.main.worktrees() == [fleet.main.path]


def test_what_a_command_makes_again_does_not_fill_the_trash(fleet: Fleet) -> None:
    worktree = fleet.task("fix", {".gitignore": "node_modules/\n*.log\n"})
    worktree.write({"web/node_modules/big.js": "x" * 1000, "keep.log": "words\n"})
    fleet.land("fix")
    done = clean(fleet)["fix"]
    assert done.folder is not None
    kept = sorted(path.name for path in (done.folder / "files").iterdir())
    assert kept == [".git", ".gitignore", "README.md", "keep.log", "web"]
    assert list((done.folder / "files" / "web").iterdir()) == []


def test_the_trash_is_swept_when_its_time_is_over(fleet: Fleet, clock: ManualClock) -> None:
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    (worktree.path / "link").symlink_to(fleet.main.path)
    tip = worktree.tip("HEAD")
    fleet.cancel("fix")
    folder = clean(fleet)["fix"].folder
    assert folder is not None
    clock.advance(29 * DAY)
    assert cleanup(fleet.context, CleanupRequest()).data.swept == ()
    assert folder.is_dir()
    clock.advance(1 * DAY)
    would = cleanup(fleet.context, CleanupRequest(dry_run=True)).data.swept
    assert ([item.folder for item in would], folder.is_dir()) == ([folder], True)
    (item,) = cleanup(fleet.context, CleanupRequest()).data.swept
    assert (item.folder, folder.exists()) == (folder, False)
    assert list((fleet.context.paths.trash / "scrap").iterdir()) == []
    assert fleet.main.files() == {"README.md": b"# Project\n"}
    assert RepositoryBuilder(fleet.context.paths.hub).tree(tip)["a.txt"] == b"a\n"
    with fleet.context.database.read() as db:
        last = last_trash_item_of(db, 1)
    assert last is not None
    assert last.swept_at == clock.now()


def test_above_the_quota_what_landed_goes_first_and_the_rest_is_told(
    fleet: Fleet, clock: ManualClock
) -> None:
    for name in ("landed", "given-up"):
        fleet.task(name, {name: "1\n" * 100_000})
    fleet.land("landed")
    fleet.cancel("given-up")
    cleanup(fleet.context, CleanupRequest())
    clock.advance(2 * 86400)
    fleet.context.close()
    flags = [Layer(source="--test", values={"cleanup": {"quota": "100KB"}})]
    fleet.context = Context(fleet.main.path, flags=flags, clock=clock)
    done = cleanup(fleet.context, CleanupRequest()).data
    assert [item.branch for item in done.swept] == ["wta/landed"]
    assert 100_000 < done.lacking < 150_000
    (found,) = check_trash(fleet.context)
    assert found.finding.endswith("too much, and what never landed stays until its time")
    said = wta(fleet.main.path, "cleanup", "--purge", "given-up", status=2)
    assert "nothing brings it back: add --yes" in said.stderr
    purged = wta(fleet.main.path, "cleanup", "--purge", "given-up", "--yes").stdout
    words = "its files in the trash, 1 archived commit, 0 checkpoints"
    assert purged == f"given-up gone for good: {words}\n"
    hub = open_hub(fleet.context.paths, fleet.context.repository)
    assert {each.folder for each in hub.archive_refs()} == {"landed"}
    assert cleanup(fleet.context, CleanupRequest()).data.lacking == 0
    with pytest.raises(NotFoundError):
        undelete(fleet.context, "nobody")


def test_an_unknown_name_is_said(fleet: Fleet) -> None:
    with pytest.raises(NotFoundError):
        cleanup(fleet.context, CleanupRequest(names=("fix",)))


KILLED = """\
import os, signal, sys
from pathlib import Path
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.context import Context
step = int(sys.argv[2])
def audit(event, arguments, count=[0]):
    if event in ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "subprocess.Popen"):
        count[0] += 1
        if count[0] >= step:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
cleanup(Context(Path(sys.argv[1])), CleanupRequest(names=("fix",)))
"""


def test_killed_at_every_step_the_next_pass_goes_on(fleet: Fleet) -> None:
    """Killed before each effect in turn, so that every point between two of them is met."""
    worktree = fleet.task("fix", {"a.txt": "a\n"})
    tip = worktree.tip("HEAD")
    fleet.cancel("fix")
    step = 0
    while True:
        step += 4
        done = run_text_warm(KILLED, str(fleet.main.path), str(step))
        assert done.returncode in (-9, 0), done.stderr.decode()
        if done.returncode == 0 or fleet.row("fix").removed_at is not None:
            break
    assert step > 10, "it was killed on its way"
    row = fleet.row("fix")
    if row.removed_at is None:
        assert isinstance(clean(fleet)["fix"].verdict, Remove)
    with fleet.context.database.read() as db:
        item = last_trash_item_of(db, row.id)
    assert item is not None
    assert (item.folder / "files" / "a.txt").read_bytes() == b"a\n"
    assert fleet.main.worktrees() == [fleet.main.path]
    assert "refs/heads/wta/fix" not in fleet.main.refs()
    assert tip in RepositoryBuilder(fleet.context.paths.hub).refs().values()
