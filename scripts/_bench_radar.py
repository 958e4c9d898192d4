"""How fast the radar sees who clashes: 50 worktrees of a 5,000-file repository, against plain git.

The plain way takes the same snapshots through a temporary index and runs `git merge-tree` for every
pair. Both are measured in turns, in one run on one machine, so the ratios hold although the machine
is noisy. The update is a look as the supervisor takes it, after one worktree has changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from _bench_cli import Ground, Outcome, Pair, lent_ground, measure, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TASKS = 50
FILES = 5000
ROUNDS = {"first": 3, "update": 15, "idle": 15}
_SNAPSHOT = """\
export GIT_INDEX_FILE=$1.index
rm -f "$1.index" && cp "$(git -C "$2" rev-parse --absolute-git-dir)/index" "$1.index"
git -C "$2" add --all
tree=$(git -C "$2" write-tree)
git -C "$2" commit-tree -p HEAD -m snapshot "$tree" >"$1"
"""
_PAIRS = """\
cd "$1"
for one in "$2"/*.tip; do
    read -r first <"$one"
    git merge-tree --write-tree --name-only main "$first" >/dev/null
    for two in "$2"/*.tip; do
        [ "$one" \\< "$two" ] || continue
        read -r second <"$two"
        git merge-tree --write-tree --name-only "$first" "$second" >/dev/null
    done
done
true
"""
_ROW = """\
cd "$1"
read -r first <"$3"
git merge-tree --write-tree --name-only main "$first" >/dev/null
for two in "$2"/*.tip; do
    [ "$3" = "$two" ] && continue
    read -r second <"$two"
    git merge-tree --write-tree --name-only "$first" "$second" >/dev/null
done
true
"""


class Field:
    """Fifty tasks at rest: each with files of its own and one that it shares with a neighbour."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.repository = ground.repository("large", files=FILES)
        self.tips = ground.folder / "tips"
        self.tips.mkdir()
        self.names = [f"task-{number:02d}" for number in range(TASKS)]
        for number, name in enumerate(self.names):
            self._add_task(name)
            shared = f"package{number // 2:03d}/module{number // 2 * 50:05d}.py"
            (self.place(name) / shared).write_text(f"changed = {number}\n")
            (self.place(name) / f"package001/new{number}.py").write_text("new = 1\n")
            ground.run("git", "-C", self.place(name), "add", "--all")
            ground.run("git", "-C", self.place(name), "commit", "--quiet", "--message", "Done")

    def _add_task(self, name: str) -> None:
        """Add a worktree and the row of a task that is ready, as if its agent were done."""
        from wtagents.core.ids import BranchName, TaskName
        from wtagents.core.task import AgentKind, AgentSpec, TaskState
        from wtagents.git.refs import require_branch
        from wtagents.git.worktrees import add_worktree, fill_worktree
        from wtagents.operations.context import Context
        from wtagents.store.tasks import add_task, move_task

        with environment(self.ground):
            context = Context(self.repository)
            repo, target = context.repository, BranchName("main")
            task, branch, place = TaskName(name), BranchName(f"wta/{name}"), self.place(name)
            base, owner = require_branch(repo, target), context.paths.root.name
            add_worktree(repo, place, branch=branch, base=base, task=task, owner=owner)
            fill_worktree(repo, place)
            at = context.clock.now()
            with context.database.write() as db:
                row = add_task(
                    db,
                    name=task,
                    prompt="work",
                    base=base,
                    target=target,
                    branch=branch,
                    worktree=place,
                    agent=AgentSpec(kind=AgentKind.COMMAND, argv=("true",)),
                    merge_when_ready=False,
                    at=at,
                )
                move_task(db, row.id, TaskState.ACTIVE, at=at)
                move_task(db, row.id, TaskState.READY, at=at)
            context.close()

    def place(self, name: str) -> Path:
        """Return the worktree of a task."""
        return self.repository.parent / f"{self.repository.name}-worktrees" / name

    def edit(self, number: int) -> str:
        """Change one worktree, as an agent does that also says so, and return its task."""
        name = self.names[number % TASKS]
        (self.place(name) / f"package001/module{50 + number:05d}.py").write_text(f"x = {number}\n")
        self.ground.run("git", "-C", self.place(name), "add", "--all")
        return name

    def snapshot(self, name: str) -> float:
        """Take a snapshot the plain way; return how long that took."""
        return self.ground.timed(
            "sh", "-euc", _SNAPSHOT, "sh", self.tips / f"{name}.tip", self.place(name)
        )


@contextmanager
def environment(ground: Ground, **more: str) -> Iterator[None]:
    """Let this process work in the environment of the bench, as the supervisor would."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(ground.environment | more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def look(field: Field, **more: str) -> float:
    """Take one look as the supervisor does; return how long it took."""
    import time

    from wtagents.operations.context import Context
    from wtagents.operations.radar.watch import watch

    with environment(field.ground, **more):
        begun = time.perf_counter()
        context = Context(field.repository)
        try:
            watch(context)
        finally:
            context.close()
        return time.perf_counter() - begun


def first_pair(field: Field, rounds: int) -> Pair:
    """Return the price of the first matrix of all."""

    def ours(_: int) -> float:
        for folder in (field.ground.folder / "state" / "wta").glob("*/radar"):
            shutil.rmtree(folder)
        return look(field)

    def plain(_: int) -> float:
        seconds = sum(field.snapshot(name) for name in field.names)
        args = (field.repository, field.tips)
        return seconds + field.ground.timed("sh", "-uc", _PAIRS, "sh", *args)

    return Pair(
        name=f"first matrix, {TASKS} worktrees",
        ours=ours,
        plain=plain,
        plain_name="snapshots, merge-tree per pair",
        target=0.6,
        rounds=rounds,
    )


def update_pair(field: Field, rounds: int) -> Pair:
    """Return the price of the matrix after one worktree has changed."""

    def ours(number: int) -> float:
        field.edit(number)
        return look(field)

    def plain(number: int) -> float:
        name = field.edit(number)
        seconds = field.snapshot(name)
        args = (field.repository, field.tips, field.tips / f"{name}.tip")
        return seconds + field.ground.timed("sh", "-uc", _ROW, "sh", *args)

    for name in field.names:
        field.snapshot(name)
    look(field)
    return Pair(
        name="update after one edit",
        ours=ours,
        plain=plain,
        plain_name="snapshot, merge-tree with each",
        target=0.6,
        rounds=rounds,
    )


def idle_pair(field: Field, rounds: int) -> Pair:
    """Return the price of a look where nothing has changed."""
    look(field)
    return Pair(
        name="look, nothing changed",
        ours=lambda _: look(field),
        plain=lambda _: field.ground.timed("git", "-C", field.repository, "status"),
        plain_name="git status of one checkout",
        target=1.5,
        rounds=rounds,
    )


def processes(field: Field) -> int:
    """Count the git processes of one update."""
    folder = field.ground.folder / "counted"
    folder.mkdir()
    count, real = folder / "count", shutil.which("git")
    (folder / "git").write_text(f'#!/bin/sh\necho >>"{count}"\nexec "{real}" "$@"\n')
    (folder / "git").chmod(0o755)
    field.edit(TASKS + 1)
    look(field, PATH=f"{folder}:{field.ground.environment['PATH']}")
    return len(count.read_text().splitlines())


PAIRS = {"first": first_pair, "update": update_pair, "idle": idle_pair}


def observe(rounds: Mapping[str, int]) -> tuple[list[Outcome], int]:
    """Measure pairs, each so many times; return them and the git processes of one update."""
    with lent_ground() as ground:
        field = Field(ground)
        outcomes = [measure(PAIRS[name](field, count)) for name, count in rounds.items()]
        return outcomes, processes(field)


def main() -> int:
    """Measure, print the table; with --strict a missed target is a failure."""
    parser = argparse.ArgumentParser(prog="scripts/bench radar", description=__doc__)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    parser.add_argument("--rounds", type=int, help="repetitions of each measurement")
    parser.add_argument("--only", choices=tuple(PAIRS), action="append", help="measure only this")
    options = parser.parse_args()
    names = options.only or PAIRS
    outcomes, started = observe({name: options.rounds or ROUNDS[name] for name in names})
    print("\n".join(table(outcomes)))
    print(f"git processes of one update: {started}")
    print("median (middle half of the times); ratio of the medians; measured in turns")
    return 1 if options.strict and not all(outcome.is_met for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
