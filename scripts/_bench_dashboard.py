"""What the dashboard costs: `scripts/bench dashboard [--seconds N] [--strict]`.

Per number of tasks: CPU of the whole process at four updates a second in which every row changes,
or ten do, CPU while nothing changes, CPU of one update of all with its frame, and of one look at a
real store in which a few tasks have changed: most have landed, some rest, wait or work, and all
have a worktree. CPU, because other work of the machine lengthens every wall time. At last the wall
time from the command to the first frame. No terminal is needed: the frames are drawn for one of
160 columns and 50 lines, but not sent anywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _progress import tell  # noqa: E402 - after the path is known

from tests.support.records import RUNNER, a_pulse, worktree_facts  # noqa: E402
from tests.support.statuses import USAGE, at_work  # noqa: E402
from tests.support.stored import ended_run, stored_run, stored_task  # noqa: E402
from wtagents.core.record import replace  # noqa: E402
from wtagents.core.run import Phase, RunState  # noqa: E402
from wtagents.core.task import Task, TaskState  # noqa: E402
from wtagents.dashboard.app import Dashboard  # noqa: E402
from wtagents.dashboard.feed import OverviewSeen  # noqa: E402
from wtagents.git.looking.signature import signature  # noqa: E402
from wtagents.operations.context import Context  # noqa: E402
from wtagents.operations.telling.lookout import Lookout  # noqa: E402
from wtagents.operations.telling.overview import Overview  # noqa: E402
from wtagents.store.facts import record_facts  # noqa: E402
from wtagents.store.merges import add_merge_request  # noqa: E402
from wtagents.store.runs import move_run  # noqa: E402
from wtagents.store.tasks import set_priority  # noqa: E402
from wtagents.system.run_folder import write_pulse  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from textual.message import Message

SIZES = (50, 200, 1000)
HZ = 4.0
SCREEN = (160, 50)
TARGET_SHARE = 0.15
"""Of one core, for 200 tasks that all change."""
LOOKS = 20
CHANGED = 10
"""Tasks that change between two looks."""
STATES = (
    *(TaskState.MERGED,) * 12,
    *(TaskState.READY,) * 3,
    *(TaskState.STOPPED,) * 2,
    *(TaskState.QUEUED,) * 2,
    TaskState.ACTIVE,
)
FIRST_FRAME = """
import asyncio, sys, time
from pathlib import Path
from wtagents.dashboard.app import Dashboard
from wtagents.operations.context import Context
async def main():
    app = Dashboard(Context(Path(sys.argv[1])))
    async with app.run_test(size=(160, 50)) as pilot:
        while not app.sights:
            await pilot.pause(0.005)
asyncio.run(main())
"""


def repository(folder: Path) -> Path:
    """Make an empty repository with a home of its own."""
    home = folder / "home"
    home.mkdir(parents=True)
    os.environ |= {"HOME": str(home), "XDG_STATE_HOME": str(folder / "state")}
    path = folder / "shop"
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    return path


def seen(number: int, step: int, context: Context, before: Overview | None = None) -> Overview:
    """Return what one look finds: every agent does something else than `before`, or a few."""
    items = tuple(
        before.items[index]
        if before is not None and index >= CHANGED
        else replace(
            at_work(f"task-{index:04}", index + 1, ""),
            pulse=a_pulse(phase=Phase.TOOL, doing=f"Edit src/module_{index}.py step {step}"),
            usage=replace(USAGE, input_tokens=USAGE.input_tokens + 37 * step),
            activity_age=float((step + index) % 50),
        )
        for index in range(number)
    )
    return Overview(
        items=items, cost_today=1.0, budget_today=None, load=None, limits=(), at=context.clock.now()
    )


async def drawn(number: int, seconds: float, context: Context) -> dict[str, float]:
    """Run the application and return what it takes."""
    posts: list[Callable[[Message], object]] = []

    def silent(
        context: Context, *, post: Callable[[Message], object], closed: Event, asked: Event
    ) -> None:
        del context, closed, asked
        posts.append(post)

    app = Dashboard(context, follow=silent)
    every = [seen(number, step, context) for step in range(int(seconds * HZ))]
    few = [seen(number, step, context, every[-1]) for step in range(len(every))]
    async with app.run_test(size=SCREEN) as pilot:
        while not posts:
            await pilot.pause(0.01)
        posts[0](OverviewSeen(every[0]))
        await pilot.pause(1.0)
        idle = await _share(asyncio.sleep(seconds))

        async def updates(steps: list[Overview]) -> None:
            for step in steps:
                posts[0](OverviewSeen(step))
                await asyncio.sleep(1 / HZ)

        busy, calm = await _share(updates(every)), await _share(updates(few))
    return {"idle": idle, "busy": busy, "calm": calm, "update": max(0.0, busy - idle) / HZ}


async def _share(work: Any) -> float:
    begun, used = time.perf_counter(), time.process_time()
    await work
    return (time.process_time() - used) / (time.perf_counter() - begun)


def looked(number: int, context: Context) -> float:
    """Return the CPU seconds of one look at a store with so many tasks, a few of which changed."""
    tasks = stored_fleet(number, context)
    lookout = Lookout(context)
    lookout.look()
    used = 0.0
    for turn in range(LOOKS):
        with context.database.write() as db:
            for task in tasks[turn :: number // CHANGED]:
                set_priority(db, task.id, context.clock.now(), priority=turn + 1)
        begun = time.process_time()
        lookout.look()
        used += time.process_time() - begun
    return used / LOOKS


def stored_fleet(number: int, context: Context) -> list[Task]:
    """Store tasks in every state, with runs, merge requests, worktrees and what they have used."""
    now, folder = context.clock.now(), context.common_dir / "worktrees"
    tasks = []
    with context.database.write() as db:
        for index in range(number):
            name = f"n{number}-{index:04}"
            place = context.common_dir.parent.with_name("trees") / name
            task = stored_task(db, name, worktree=place, prompt="mend it all\n" * 50)
            lay_worktree(place, folder / name)
            seen = worktree_facts(commits=2, insertions=index, signature=signature(place), at=now)
            record_facts(db, task.id, seen)
            state = STATES[index % len(STATES)]
            if state is TaskState.ACTIVE:
                run = stored_run(db, task)
                move_run(db, run.id, RunState.RUNNING, at=now, runner=RUNNER)
                files = context.paths.run(run.id)
                files.inbox.mkdir(parents=True)
                write_pulse(files, a_pulse(doing=f"Edit module_{index}.py"))
            elif state is not TaskState.QUEUED:
                ended_run(db, task)
            if state is TaskState.MERGED:
                add_merge_request(
                    db, task_id=task.id, target=task.target, squash=False, skip_gate=False, at=now
                )
            db.change("UPDATE task SET state = ? WHERE id = ?", (state, task.id))
            tasks.append(task)
    return tasks


def lay_worktree(place: Path, private: Path) -> None:
    """Make the files by which a worktree shows that it changed."""
    (private / "logs").mkdir(parents=True)
    for name, text in (("HEAD", "ref: refs/heads/a\n"), ("index", ""), ("logs/HEAD", "")):
        (private / name).write_text(text)
    place.mkdir(parents=True)
    (place / ".git").write_text(f"gitdir: {private}\n")
    (private / "gitdir").write_text(f"{place / '.git'}\n")


def first_frame(path: Path) -> float:
    """Return the wall seconds from the start of a process to the first frame with tasks."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", FIRST_FRAME, str(path)], check=True)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main() -> int:
    """Measure and print a table; with --strict a missed target is a failure."""
    parser = argparse.ArgumentParser(prog="scripts/bench dashboard", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    options = parser.parse_args()
    met = True
    print(f"{'tasks':>5}  {'all change at 4 Hz':>18}  {'10 change':>9}", end="")
    print(f"  {'at rest':>9}  {'update':>8}  {'look':>8}")
    with tempfile.TemporaryDirectory(prefix="wta-bench-") as folder:
        for number in SIZES:
            tell(f"{number} tasks")
            context = Context(repository(Path(folder) / str(number)))
            found = asyncio.run(drawn(number, options.seconds, context))
            look = looked(number, context)
            tell()
            met = met and (number > SIZES[1] or found["busy"] <= TARGET_SHARE)
            print(
                f"{number:>5}  {found['busy']:>13.1%} CPU  {found['calm']:>5.1%} CPU"
                f"  {found['idle']:>5.1%} CPU"
                f"  {1000 * found['update']:>5.1f} ms  {1000 * look:>5.1f} ms"
            )
            context.close()
            path = Path(folder) / str(number) / "shop"
        os.environ["PYTHONPATH"] = str(HERE.parent)
        print(f"first frame with {SIZES[-1]} tasks after {first_frame(path):.2f} s")
    print(f"target: at most {TARGET_SHARE:.0%} of a core for {SIZES[1]} tasks")
    return 1 if options.strict and not met else 0


if __name__ == "__main__":
    raise SystemExit(main())
