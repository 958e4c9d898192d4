"""Checkpoints of real worktrees: what they hold, what they touch, and putting them back."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ready_tasks import Fleet
from tests.support.waiting import wait_until
from tests.support.wta import start_wta, wta
from wtagents.core.config.settings import Layer
from wtagents.core.errors import NotFoundError, StateError
from wtagents.core.keeping.checkpoint import Cause
from wtagents.git.hub import open_hub
from wtagents.git.keeping.checkpoints import checkpoints_of
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.context import Context
from wtagents.operations.keeping.checkpoints import checkpoints
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.restore import Restored, RestoreRequest, restore
from wtagents.operations.telling.diff import DiffRequest, diff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock
    from tests.support.repository import RepositoryBuilder
    from tests.support.wta import Program
    from wtagents.core.keeping.checkpoint import Checkpoint

HOSTILE = ["-n", "a b", "new\nline", "\x1b[31mred", "ö", "\udcff", ":(glob)*", "--", "'\"", "t\tb"]


@pytest.fixture
def fleet(repository: RepositoryBuilder, clock: ManualClock) -> Iterator[Fleet]:
    repository.commit({".gitignore": "*.log\nbuild/\n", "app": "1\n", "gone": "1\n", "x": "1\n"})
    built = Fleet(repository, clock=clock)
    yield built
    built.context.close()


def use(fleet: Fleet, **settings: Any) -> None:
    fleet.context.close()
    flags = [Layer(source="--test", values={"checkpoints": settings})]
    fleet.context = Context(fleet.main.path, flags=flags, clock=fleet.clock)


def take(fleet: Fleet, cause: Cause = Cause.TIME) -> Checkpoint | None:
    fleet.context.clock.wait(Event(), 1)
    return take_checkpoint(fleet.context, fleet.row("one"), cause)


def put_back(fleet: Fleet, at: str = "", **request: Any) -> Restored:
    return restore(fleet.context, RestoreRequest(name="one", at=at, **request)).data


def listed(fleet: Fleet) -> list[tuple[int, str, int, int, int]]:
    rows = checkpoints(fleet.context, "one").data.rows
    return [
        (
            r.checkpoint.number,
            r.checkpoint.cause,
            *(r.changes.files, r.changes.insertions, r.changes.deletions),
        )
        for r in rows
    ]


def private_files(worktree: RepositoryBuilder) -> dict[Path, bytes]:
    folder = Path(worktree.git("rev-parse", "--absolute-git-dir"))
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state(worktree: RepositoryBuilder) -> dict[str, tuple[str, bytes | str]]:
    """Return every file and link with its kind."""
    found: dict[str, tuple[str, bytes | str]] = {}
    for folder, folders, files in os.walk(worktree.path):
        for path in (Path(folder) / name for name in [*files, *folders]):
            name = path.relative_to(worktree.path).as_posix()
            if path.is_symlink():
                found[name] = ("link", str(path.readlink()))
            elif path.is_file() and name != ".git":
                found[name] = ("x" if os.access(path, os.X_OK) else "-", path.read_bytes())
    return found


def test_everything_is_held_and_comes_back_as_it_was(fleet: Fleet) -> None:
    use(fleet, include=["*.log"])
    worker = fleet.task("one", {"done": "1\n"})
    for name in HOSTILE:
        (worker.path / name).write_text("odd\n")
    worker.write({"app": "edited\n", "gone": None, "dev.log": "ignored\n", "deep/er/file": "u\n"})
    worker.write({"staged": "first\n"})
    worker.git("add", "staged")
    worker.write({"staged": "second\n", "run": "#!/bin/sh\n"})
    (worker.path / "run").chmod(0o755)
    (worker.path / "link").symlink_to("/etc/passwd")
    worker.write({"done": None})
    worker.write({"done/now": "a folder where a file was\n"})
    before, files = private_files(worker), state(worker)
    first = take(fleet, Cause.TURN)
    assert first is not None
    assert take(fleet) is None
    assert (private_files(worker), state(worker)) == (before, files)

    worker.git("clean", "-fdqx")
    worker.git("reset", "--hard", "-q")
    (worker.path / "x").unlink()
    (worker.path / "x").symlink_to(fleet.main.path)
    (worker.path / "deep").write_text("a file where a folder was\n")
    worker.write({"later": "l\n"})
    middle, index = state(worker), private_files(worker)
    done = put_back(fleet)
    assert state(worker) == files
    assert private_files(worker) == index
    assert done.removed == ("deep", "done", "gone", "later")
    assert listed(fleet)[1][:2] == (2, "restore")
    put_back(fleet, "2")
    assert state(worker) == middle
    assert fleet.main.status() == []


def test_the_list_counts_lines_and_a_patch_says_them(fleet: Fleet) -> None:
    worker = fleet.task("one")
    worker.write({"app": "1\n2\n"})
    take(fleet)
    worker.commit({"app": "1\n2\n"})
    take(fleet, Cause.RUN)
    worker.write({"new": "n\n", "x": None})
    take(fleet)
    assert listed(fleet) == [(1, "time", 1, 1, 0), (2, "run", 0, 0, 0), (3, "time", 2, 1, 1)]
    first = diff(fleet.context, DiffRequest(name="one", checkpoint="1")).data.patch
    assert first.endswith(b"@@ -1 +1,2 @@\n 1\n+2\n")
    said = wta(fleet.main.path, "checkpoints", "one", "--now")
    assert said.stderr == "nothing has changed since the last checkpoint\n"
    assert [line.split("  ")[2].strip() for line in said.stdout.splitlines()[1:-1]] == [
        "at work",
        "run ended",
        "at work",
    ]
    assert said.stdout.splitlines()[-1] == "put one back: wta restore one 3"


def test_later_commits_stay_unless_the_branch_moves_too(fleet: Fleet) -> None:
    worker = fleet.task("one", {"app": "2\n"})
    first = worker.tip("HEAD")
    worker.write({"app": "3\n"})
    take(fleet)
    second = worker.commit({"app": "4\n", "more": "m\n"})
    worker.write({"staged": "only in the index\n"})
    worker.git("add", "staged")
    worker.write({"staged": None})

    result = restore(fleet.context, RestoreRequest(name="one"))
    assert (worker.tip("HEAD"), worker.status()) == (second, [" M app", " D more", "AD staged"])
    remark = (
        f"HEAD stays at {second[:10]}, it was {first[:10]} then: what was committed since shows as"
        " taken back; --branch moves the branch, too"
    )
    assert result.messages == (remark, "undo it: wta restore one 2")
    moved = put_back(fleet, "1", branch=True)
    assert (worker.tip("wta/one"), worker.status()) == (first, [" M app"])
    assert moved.moved_from == second
    hub = open_hub(fleet.context.paths, fleet.context.repository)
    kept = hub.archived(fleet.row("one").name, 1)
    assert second in kept
    assert [hub.repo.read("ls-tree", "-r", oid).text for oid in kept if oid != second] != []
    put_back(fleet, "2", branch=True)
    assert (worker.tip("HEAD"), worker.status()) == (second, [])


def test_what_is_ignored_and_in_the_way_is_kept_first(fleet: Fleet) -> None:
    worker = fleet.task("one")
    worker.write({"config": "mine\n", "tool": "t\n"})
    take(fleet)
    worker.write({"config": None, "tool": None})
    take(fleet)
    worker.write({".gitignore": "config\ntool/\n", "config": "secret\n"})
    put_back(fleet, "1")
    assert state(worker)["config"] == ("-", b"mine\n")
    put_back(fleet, "3")
    assert state(worker)["config"] == ("-", b"secret\n")
    worker.write({"tool/cache": "c\n"})
    with pytest.raises(StateError) as caught:
        put_back(fleet, "1")
    assert caught.value.cause == "tool/cache would be lost"
    assert state(worker)["tool/cache"] == ("-", b"c\n")


def test_large_files_are_held_up_to_a_limit_and_never_written_over(fleet: Fleet) -> None:
    use(fleet, largest="6MB")
    worker = fleet.task("one")
    worker.write({"big": b"b" * 5_500_000, "huge": b"h" * 6_500_000})
    first = take(fleet)
    assert first is not None
    assert first.left_out == ("huge",)
    worker.write({"big": b"c" * 5_500_000})
    assert take(fleet) is not None
    put_back(fleet, "1")
    assert (worker.path / "big").read_bytes() == b"b" * 5_500_000
    worker.write({"app": b"a" * 6_500_000})
    with pytest.raises(StateError, match="app would be lost"):
        put_back(fleet, "2")
    assert (worker.path / "app").stat().st_size == 6_500_000


def test_repositories_inside_are_left_alone(fleet: Fleet) -> None:
    worker = fleet.task("one")
    inner = type(worker).create(worker.path / "inner")
    inner.commit({"file": "1\n"})
    take(fleet)
    inner.write({"file": "2\n"})
    worker.write({"app": "2\n"})
    put_back(fleet)
    assert (state(worker)["inner/file"], state(worker)["app"]) == (("-", b"2\n"), ("-", b"1\n"))


def test_a_worktree_that_was_deleted_is_made_again(fleet: Fleet) -> None:
    worker = fleet.task("one", {"app": "2\n"})
    worker.write({"new": "never committed\n"})
    take(fleet)
    files = state(worker)
    shutil.rmtree(worker.path)
    put_back(fleet)
    assert (state(worker), worker.status()) == (files, ["?? new"])


def test_killed_while_files_are_put_back_the_same_again_is_whole(fleet: Fleet) -> None:
    worker = fleet.task("one")
    worker.write({f"d{n % 10}/f{n}": f"{n}\n" for n in range(300)})
    take(fleet)
    wanted = state(worker)
    worker.git("clean", "-fdqx")
    worker.write({"d3": "in the way\n", "precious": "p\n"})
    lost = state(worker)
    fleet.context.close()
    room = fleet.context.paths.radar / "rooms" / "1" / "putting-back"

    def begun(restoring: Program) -> bool:
        return room.exists() or restoring.poll() is not None

    for _ in range(2):
        restoring = start_wta(fleet.main.path, "restore", "one", "1")
        wait_until(partial(begun, restoring), what=str(room))
        restoring.kill()
        restoring.wait()
    put_back(fleet, "1")
    assert state(worker) == wanted
    put_back(fleet, "2")
    assert state(worker) == lost


def test_checkpoints_go_with_the_task_when_nothing_can_bring_it_back(
    fleet: Fleet, clock: ManualClock
) -> None:
    worker = fleet.task("one", {"app": "2\n"})
    worker.write({"new": "n\n"})
    take(fleet)
    fleet.cancel("one")
    cleanup(fleet.context, CleanupRequest(names=("one",)))
    hub = open_hub(fleet.context.paths, fleet.context.repository)
    assert len(checkpoints_of(hub, 1)) == 1
    clock.advance(31 * 86400)
    for _ in range(2):
        cleanup(fleet.context, CleanupRequest())
    assert checkpoints_of(hub, 1) == []


def test_what_cannot_be_restored_says_why(fleet: Fleet) -> None:
    fleet.task("one")
    shown = wta(fleet.main.path, "checkpoints", "one").stdout
    assert shown == "one has no checkpoint yet; take one: wta checkpoints one --now\n"
    with pytest.raises(NotFoundError):
        put_back(fleet)
    take(fleet)
    with pytest.raises(NotFoundError):
        put_back(fleet, "9")
    worker = fleet.row("one").worktree
    fleet.main.git("-C", str(worker), "switch", "--detach", "-q")
    with pytest.raises(StateError, match="is not on wta/one"):
        put_back(fleet, "1", branch=True)
    assert put_back(fleet, "1").written == ()
