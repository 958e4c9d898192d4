"""What a person and a supervisor do to tasks, on one world that every trial finds as it was."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.clock import ManualClock
from tests.support.ready_tasks import Fleet
from tests.support.repository import RepositoryBuilder
from wtagents.core.keeping.checkpoint import Cause
from wtagents.core.lifecycle import LIVE_RUN_STATES
from wtagents.core.task import Reason, TaskState
from wtagents.operations.checkpointing.take import take_checkpoint
from wtagents.operations.context import Context
from wtagents.operations.keeping.cleanup import CleanupRequest, cleanup
from wtagents.operations.keeping.purge import purge
from wtagents.operations.keeping.restore import RestoreRequest, restore
from wtagents.operations.keeping.undelete import undelete
from wtagents.operations.radar.watch import watch
from wtagents.operations.steering.accept import accept
from wtagents.operations.steering.adopt import AdoptRequest, adopt
from wtagents.operations.steering.fork import ForkRequest, fork
from wtagents.operations.steering.pause import freeze, pause, resume, thaw
from wtagents.operations.steering.stop import RetryRequest, cancel, retry
from wtagents.operations.tick import tick
from wtagents.store.tasks import require_task
from wtagents.supervisor.loop import supervise
from wtagents.system.folders.rooms import sweep_rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wtagents.core.task import Task

VERBS: dict[str, Callable[[Context], object]] = {
    "pause": lambda context: pause(context, ["idle"]),
    "pause all": lambda context: pause(context, ()),
    "resume": lambda context: resume(context, ["held"]),
    "resume all": lambda context: resume(context, (), everything=True),
    "freeze": freeze,
    "thaw": thaw,
    "accept": lambda context: accept(context, ["red"]),
    "checkpoint": lambda context: take_checkpoint(context, task(context, "idle"), Cause.TIME),
    "restore": lambda context: restore(context, RestoreRequest(name="idle", at="1")),
    "restore branch": lambda context: restore(
        context, RestoreRequest(name="idle", at="1", branch=True)
    ),
    "fork": lambda context: fork(context, ForkRequest(name="idle", new="forked", at="1")),
    "fork now": lambda context: fork(context, ForkRequest(name="idle", new="forked")),
    "adopt": lambda context: adopt(
        context, AdoptRequest(path=context.common_dir.parent.parent / "try")
    ),
    "cleanup": lambda context: cleanup(context, CleanupRequest(names=("gone",))),
    "cleanup all": lambda context: cleanup(context, CleanupRequest(all=True)),
    "undelete": lambda context: undelete(context, "binned"),
    "purge": lambda context: purge(context, ["binned"], dry_run=False),
    "radar": watch,
    "cancel": lambda context: cancel(context, ["idle"]),
    "retry": lambda context: retry(context, RetryRequest(name="red")),
    "supervise": lambda context: supervise(context, once=True),
}
"""By name; each may be repeated, and what it refuses the second time was done."""
BEFORE = {"thaw": "freeze", "resume all": "freeze"}
"""What has to be done first."""
_LEFTOVERS = (".lock", ".partial", ".wta-going", ".tmp")


def task(context: Context, name: str) -> Task:
    with context.database.read() as db:
        return require_task(db, name)


def act(argument: str) -> None:
    """Do what `VERB at PATH` says."""
    verb, _, path = argument.partition(" at ")
    context = Context(Path(path))
    VERBS[verb](context)
    context.close()


@dataclass
class World:
    """A repository with tasks in every state of rest; `begin_again` makes it what it was."""

    place: Path
    state: Path
    """Where the state of wta lies, below `place`."""

    def __post_init__(self) -> None:
        self._kept = self.place.with_name("kept")

    @property
    def repository(self) -> RepositoryBuilder:
        return RepositoryBuilder(self.place / "project")

    def build(self, template: Path) -> None:
        """Make it, once."""
        main = RepositoryBuilder.begun(self.place / "project", template=template)
        main.commit({".gitignore": "*.log\nbuild/\n", "app": "1\n", "kept": "1\n"})
        fleet = Fleet(main, clock=ManualClock())
        landed = fleet.task("landed", {"landed.txt": "1\n"})
        fleet.land("landed")
        landed.write({"x.log": "ignored\n"})
        for name in ("gone", "binned", "red", "held"):
            leave_work(fleet.task(name, {f"{name}.txt": f"{name}\n"}), name)
        for name in ("gone", "binned"):
            fleet.cancel(name)
        cleanup(fleet.context, CleanupRequest(names=("binned",)))
        fleet.rest("red", TaskState.FAILED, Reason.CHECKS_RED)
        pause(fleet.context, ["held"])
        idle = fleet.task("idle", {"idle.txt": "1\n", "app": "2\n"})
        leave_work(idle, "then")
        take_checkpoint(fleet.context, fleet.row("idle"), Cause.TIME)
        idle.commit({"later.txt": "2\n", "idle.txt": None})
        leave_work(idle, "now")
        foreign = main.worktree(self.place / "try", "worktree-try")
        foreign.commit({"hand.txt": "1\n"}, "Begin by hand")
        leave_work(foreign, "by hand")
        fleet.context.close()
        shutil.copytree(self.place, self._kept, symlinks=True)

    def begin_again(self) -> None:
        """Make it what it was, to the last bit and at the same place."""
        shutil.rmtree(self.place)
        shutil.copytree(self._kept, self.place, symlinks=True)

    def age(self) -> None:
        """Let what was left in the middle of being written be old."""
        for path in self.place.rglob("*.tmp"):
            os.utime(path, (1, 1))

    def settle(self) -> bool:
        """Look as a supervisor does; whether no run lives, and none is to begin after a pause."""
        context = Context(self.repository.path)
        tick(context)
        states = {row["state"] for row in context.database.rows("SELECT state FROM run")}
        again = context.database.rows("SELECT id FROM task WHERE not_before IS NOT NULL")
        sweep_rooms(context.paths.rooms)
        context.close()
        return not (states & LIVE_RUN_STATES or again)

    def picture(self) -> dict[str, Any]:
        """Return all that must be the same whoever was killed on the way."""
        context = Context(self.repository.path)
        found = {
            **dict(_rows(context)),
            "refs": _trees(self.repository, "refs"),
            "archive": _trees(RepositoryBuilder(context.paths.hub), "refs/wta/archive"),
            "checkpoints": _trees(RepositoryBuilder(context.paths.hub), "refs/wta/checkpoints"),
            "worktrees": _private_directories(context.common_dir),
            **dict(_contents(self.place)),
            "leftovers": [*_leftovers(context.common_dir), *_leftovers(context.paths.root)],
            "rooms": [path.name for path in context.paths.rooms.glob("*")],
        }
        context.close()
        return found

    def require_whole(self) -> None:
        """Assert that git misses no object, neither here nor in the hub."""
        context = Context(self.repository.path)
        for folder in (context.common_dir, context.paths.hub):
            RepositoryBuilder(folder).git("fsck", "--no-dangling", "--no-progress")
        context.close()


def leave_work(worktree: RepositoryBuilder, words: str) -> None:
    """Leave what no commit has: staged, changed, untracked, ignored."""
    worktree.write({"staged": f"{words}\n", "kept": f"{words}\n"})
    worktree.git("add", "staged")
    worktree.write({"staged": f"{words} again\n", "notes/a b": words, "x.log": words})


def _rows(context: Context) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    asked = {
        "tasks": "SELECT name, state, reason, wish, removed_at IS NULL FROM task",
        "runs": "SELECT task_id, number, state, json_extract(exit, '$.reason') FROM run",
        "pauses": "SELECT task_id, frozen FROM pause ORDER BY task_id",
        "trash": "SELECT task_id, restored_at IS NULL, swept_at IS NULL, tip FROM trash"
        " ORDER BY task_id",
        "merges": "SELECT task_id, state FROM merge_request",
        "forks": "SELECT task_id, source_id FROM fork",
    }
    for name, sql in asked.items():
        yield name, [tuple(row) for row in context.database.rows(sql)]


def _trees(repository: RepositoryBuilder, below: str) -> set[str]:
    """Return which files each ref holds; for the hub that is for each task, as often as it may."""
    depth = below.count("/") + 2 if "/" in below else 9
    said = repository.git("for-each-ref", "--format=%(refname) %(tree)", below)
    pairs = (line.split(" ") for line in said.splitlines())
    return {f"{'/'.join(ref.split('/')[:depth])} {tree}" for ref, tree in pairs}


def _private_directories(common: Path) -> list[tuple[str, ...]]:
    """Return what is in them; an empty one, of a git killed at its start, is git's to prune."""
    names = ("HEAD", "gitdir", "commondir", "locked")
    found = (
        tuple((folder / name).read_text() if (folder / name).exists() else "" for name in names)
        for folder in (common / "worktrees").iterdir()
    )
    return sorted(filter(any, found))


def _contents(place: Path) -> Iterator[tuple[str, bytes | str]]:
    """Yield every file of the worktrees and of the trash."""
    for folder, folders, files in os.walk(place):
        here = Path(folder)
        if here.name == ".git" or here.name in ("hub.git", "radar", "runs", "rooms", "resources"):
            folders.clear()
            continue
        for path in (here / name for name in files):
            if path.is_relative_to(place / "state") and "trash" not in path.parts:
                continue
            if "admin" in path.parts or path.name == ".git":
                continue
            yield str(path.relative_to(place)), path.read_bytes()


def _leftovers(root: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        with contextlib.suppress(ValueError):
            folders.remove("runs")
        names = [name for name in (*files, *folders) if name.endswith(_LEFTOVERS)]
        if folder == str(root) and root.name != ".git":
            names = [name for name in names if not name.endswith(".lock")]  # held, never deleted
        found += [f"{folder}/{name}" for name in names]
    return found
